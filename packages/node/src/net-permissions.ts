import type { NetPermission } from '@btcp2p/peer';
import { formatAddress, parseAddress } from '@btcp2p/wire';
import { parseHostPort } from './network-class.ts';
import { Subnet } from './subnet.ts';

/** All of them, in the order in which Core lists them (`NetPermissions::ToStrings`). */
export const NET_PERMISSIONS: readonly NetPermission[] = [
  'bloomfilter',
  'noban',
  'forcerelay',
  'relay',
  'mempool',
  'download',
  'addr',
];

/** What is given together with a permission (Core `NetPermissionFlags`, net_permissions.h). */
const IMPLIED: Readonly<Partial<Record<NetPermission, NetPermission>>> = {
  noban: 'download',
  forcerelay: 'relay',
};

/**
 * Permissions as an option names them. `implicit`: it names none, so that they are those of
 * `-whitelistrelay` and `-whitelistforcerelay`.
 */
export interface PermissionFlags {
  readonly permissions: ReadonlySet<NetPermission>;
  readonly implicit: boolean;
}

/** A `-whitelist`: permissions for peers by their address. */
export interface Whitelist extends PermissionFlags {
  readonly subnet: Subnet;
  /** For connections that come in. */
  readonly inbound: boolean;
  /** For connections that the user asked for (`-addnode`, `-connect`). */
  readonly outbound: boolean;
}

/** A `-whitebind`: permissions for whoever connects to one of our addresses. */
export interface Whitebind extends PermissionFlags {
  /** `host:port`. */
  readonly address: string;
}

/** What `-whitelist` and `-whitebind` may be refused with: Core's words. */
export interface PermissionError {
  readonly error: string;
}

/**
 * A `-whitelist=[permissions@]address`, where permissions are names with commas between, `in` and
 * `out` among them (Core `NetWhitelistPermissions::TryParse`, net_permissions.cpp).
 */
export function parseWhitelist(text: string): Whitelist | PermissionError {
  const flags = parseFlags(text, false);
  if ('error' in flags) return flags;
  const subnet = Subnet.parse(flags.rest);
  if (subnet === undefined) {
    return { error: `Invalid netmask specified in -whitelist: '${flags.rest}'` };
  }
  const { permissions, implicit, inbound, outbound } = flags;
  return { permissions, implicit, inbound, outbound, subnet };
}

/**
 * A `-whitebind=[permissions@]address:port` (Core `NetWhitebindPermissions::TryParse`,
 * net_permissions.cpp).
 */
export function parseWhitebind(text: string): Whitebind | PermissionError {
  const flags = parseFlags(text, true);
  if ('error' in flags) return flags;
  const address = parseAddress(flags.rest, 0);
  if (address?.network !== 'ipv4' && address?.network !== 'ipv6') {
    return { error: `Cannot resolve -whitebind address: '${flags.rest}'` };
  }
  if (address.port === 0) return { error: `Need to specify a port with -whitebind: '${flags.rest}'` };
  const { permissions, implicit } = flags;
  return { permissions, implicit, address: formatAddress(address) };
}

interface ParsedFlags extends PermissionFlags {
  readonly inbound: boolean;
  readonly outbound: boolean;
  /** What follows the `@`. */
  readonly rest: string;
}

function parseFlags(text: string, isBind: boolean): ParsedFlags | PermissionError {
  const at = text.indexOf('@');
  if (at < 0) {
    return { permissions: new Set(), implicit: true, inbound: true, outbound: false, rest: text };
  }
  const permissions = new Set<NetPermission>();
  let [inbound, outbound] = [false, false];
  for (const name of text.slice(0, at).split(',')) {
    if (name === 'in') inbound = true;
    else if (name === 'out' && isBind) {
      return { error: 'whitebind may only be used for incoming connections ("out" was passed)' };
    } else if (name === 'out') outbound = true;
    else if (name === 'all') for (const each of NET_PERMISSIONS) permissions.add(each);
    else if (name !== '') {
      const permission = NET_PERMISSIONS.find((each) => each === (name === 'bloom' ? 'bloomfilter' : name));
      if (permission === undefined) return { error: `Invalid P2P permission: '${name}'` };
      addPermission(permissions, permission);
    }
  }
  if (!inbound && !outbound) inbound = true;
  else if (permissions.size === 0) {
    return { error: `Only direction was set, no permissions: '${text}'` };
  }
  return { permissions, implicit: false, inbound, outbound, rest: text.slice(at + 1) };
}

function addPermission(permissions: Set<NetPermission>, permission: NetPermission): void {
  permissions.add(permission);
  const implied = IMPLIED[permission];
  if (implied !== undefined) permissions.add(implied);
}

/** What decides about the permissions of connections. */
export interface PermissionRules {
  readonly whitelists: readonly Whitelist[];
  readonly whitebinds: readonly Whitebind[];
  /** `-whitelistrelay`: where no permissions are named, `relay` is one. */
  readonly relay: boolean;
  /** `-whitelistforcerelay`: and `forcerelay`. */
  readonly forceRelay: boolean;
}

/** A connection, as far as its permissions depend on it. */
export interface PermissionSubject {
  readonly kind: 'inbound' | 'manual' | 'other';
  /** `host:port`. */
  readonly address: string;
  /** Our end of it, `host:port`. */
  readonly localAddress: string;
  /** Whether it came through Tor, so that its address says nothing. */
  readonly isOnion: boolean;
}

/**
 * What a peer may do that others may not, in Core's order.
 *
 * **Specification** (Core net.cpp, `AddWhitelistPermissionFlags`). Permissions of all rules that
 * apply are added up: `-whitebind` for those who connect to that address, `-whitelist` by the
 * peer's address, for connections that come in, or with `out` for those that the user asked for.
 * Rules that name no permissions give `noban`, `mempool`, and `relay` or `forcerelay` as the
 * options say. Peers that come through Tor have no address to go by.
 */
export function permissionsOf(rules: PermissionRules, subject: PermissionSubject): NetPermission[] {
  const host = subject.isOnion ? undefined : parseHostPort(subject.address);
  const flags: PermissionFlags[] = [];
  for (const rule of subject.kind === 'inbound' ? rules.whitebinds : []) {
    if (rule.address === subject.localAddress) flags.push(rule);
  }
  for (const rule of rules.whitelists) {
    const applies = subject.kind === 'inbound' ? rule.inbound : subject.kind === 'manual' && rule.outbound;
    if (applies && host !== undefined && rule.subnet.contains(host)) flags.push(rule);
  }
  const permissions = new Set<NetPermission>(flags.flatMap((each) => [...each.permissions]));
  if (flags.some(({ implicit }) => implicit)) {
    if (rules.forceRelay) addPermission(permissions, 'forcerelay');
    if (rules.relay) addPermission(permissions, 'relay');
    addPermission(permissions, 'mempool');
    addPermission(permissions, 'noban');
  }
  return NET_PERMISSIONS.filter((each) => permissions.has(each));
}
