import type { NodeOptions } from './node-options.ts';

/** Where to listen: what `-bind` says, or every address of this machine, IPv6 first as in Core. */
export function listenAddresses(
  options: Pick<NodeOptions, 'listen' | 'bind' | 'port'>,
): readonly { readonly host: string; readonly port: number }[] {
  if (!options.listen) return [];
  if (options.bind.length > 0) return options.bind;
  const { port } = options;
  return [
    { host: '::', port },
    { host: '0.0.0.0', port },
  ];
}
