import type { BindAddress, NodeOptions } from './node-options.ts';

/**
 * Where to listen, in the order of Core (net.cpp, `InitBinds`): where `-bind` and `-whitebind` say, or
 * else for a Tor onion service of this machine, and at every address of it.
 */
export function listenAddresses(
  options: Pick<NodeOptions, 'listen' | 'bind' | 'port'>,
): readonly BindAddress[] {
  if (!options.listen) return [];
  const { bind, port } = options;
  if (bind.length > 0) return [...bind.filter(({ onion }) => !onion), ...bind.filter(({ onion }) => onion)];
  return [
    defaultOnionBind(port),
    { host: '::', port, onion: false },
    { host: '0.0.0.0', port, onion: false },
  ];
}

/** Where onion services lead to, unless `-bind` says (Core `DefaultOnionServiceTarget`, torcontrol.cpp). */
export function defaultOnionBind(port: number): BindAddress {
  // 16 bits, as in Core: after the last port comes any free one.
  return { host: '127.0.0.1', port: (port + 1) & 0xffff, onion: true };
}
