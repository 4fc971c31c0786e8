import { parseWhitebind, parseWhitelist, type PermissionRules, type Whitebind } from '@btcp2p/node';
import { splitHostPort } from '@btcp2p/wire';
import { NodeError } from './node-error.ts';
import type { BindAddress } from './node-options.ts';
import type { Settings } from './settings.ts';

/**
 * What `-whitelist`, `-whitebind`, `-whitelistrelay` and `-whitelistforcerelay` say (Core init.cpp).
 *
 * @throws NodeError `option` for one that makes no sense
 */
export function permissionRules(settings: Settings): PermissionRules {
  return {
    whitebinds: settings.list('whitebind').map((text) => orRefuse(parseWhitebind(text))),
    whitelists: settings.list('whitelist').map((text) => orRefuse(parseWhitelist(text))),
    relay: settings.flag('whitelistrelay') ?? true,
    forceRelay: settings.flag('whitelistforcerelay') ?? false,
  };
}

function orRefuse<T extends object>(parsed: T | { readonly error: string }): T {
  if ('error' in parsed) throw new NodeError('option', parsed.error);
  return parsed;
}

/** Where to listen for `-whitebind`. */
export function whitebindAddress({ address }: Whitebind): BindAddress {
  const { host, port } = splitHostPort(address)!;
  return { host, port: port!, onion: false };
}
