import { sha3_256 } from '@noble/hashes/sha3.js';
import { fromBase32, toBase32 } from './base32.ts';
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from './ip-text.ts';
import type { NetAddress } from './net-address.ts';

/** Version byte of Tor v3 addresses (BIP 155 appendix B; Tor rend-spec-v3 §6). */
const TOR_V3 = 3;

/** The two check bytes of a Tor v3 address (Tor rend-spec-v3 §6, "onion-address"). */
function torChecksum(publicKey: Uint8Array): Uint8Array {
  const prefix = Uint8Array.from('.onion checksum', (character) => character.charCodeAt(0));
  return sha3_256(Uint8Array.of(...prefix, ...publicKey, TOR_V3)).subarray(0, 2);
}

/** The host part of an address: `1.2.3.4`, `2001:db8::1`, `….onion`, `….b32.i2p`. */
export function formatHost(address: NetAddress): string {
  switch (address.network) {
    case 'ipv4':
      return formatIPv4(address.bytes);
    case 'ipv6':
    case 'cjdns':
      return formatIPv6(address.bytes);
    case 'torv3':
      return `${toBase32(Uint8Array.of(...address.bytes, ...torChecksum(address.bytes), TOR_V3))}.onion`;
    case 'i2p':
      return `${toBase32(address.bytes)}.b32.i2p`;
  }
}

/** Host and port: `1.2.3.4:8333`, `[2001:db8::1]:8333`, `….onion:8333`, `….b32.i2p:0`. */
export function formatAddress(address: NetAddress): string {
  const host = formatHost(address);
  return host.includes(':') ? `[${host}]:${address.port}` : `${host}:${address.port}`;
}

/**
 * An address from text, or undefined if it is not one: names that have to be looked up are not.
 *
 * IPv4 in IPv6 (`::ffff:1.2.3.4`) is IPv4. An IPv6 address in fc00::/8 is IPv6; CJDNS looks the
 * same, and only who runs a CJDNS router can tell (`asCjdns` says so).
 *
 * @param defaultPort the port of text that has none; without it a port is demanded
 */
export function parseAddress(
  text: string,
  defaultPort?: number,
  { asCjdns = false }: { readonly asCjdns?: boolean } = {},
): NetAddress | undefined {
  const split = splitHostPort(text);
  if (split === undefined) return undefined;
  const port = split.port ?? defaultPort;
  if (port === undefined) return undefined;
  const host = parseHost(split.host);
  if (host === undefined) return undefined;
  const network = asCjdns && host.network === 'ipv6' && host.bytes[0] === 0xfc ? 'cjdns' : host.network;
  return { network, bytes: host.bytes, port };
}

/**
 * Host and port of text such as `a:1`, `[::1]:2`, `::1`, `a`; undefined if the port is not a number
 * from 0 to 65535 or the brackets do not match. The host is not looked at (Core `SplitHostPort`,
 * which refuses port 0: I2P addresses have it, so it is a port here).
 */
export function splitHostPort(
  text: string,
): { readonly host: string; readonly port: number | undefined } | undefined {
  // Two colons and no brackets: all of it is an IPv6 address.
  if (/^[^[\]]*:[^[\]]*:[^[\]]*$/.test(text)) return { host: text, port: undefined };
  const match =
    /^\[([^[\]]*)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^:[\]]*)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && port > 65_535) return undefined;
  return { host: match[1]!, port };
}

function parseHost(host: string): Omit<NetAddress, 'port'> | undefined {
  const ipv4 = parseIPv4(host);
  if (ipv4 !== undefined) return { network: 'ipv4', bytes: ipv4 };
  if (/\.onion$/i.test(host)) return parseOnion(host.slice(0, -'.onion'.length));
  if (/\.b32\.i2p$/i.test(host)) {
    const bytes = fromBase32(host.slice(0, -'.b32.i2p'.length));
    return bytes?.length === 32 ? { network: 'i2p', bytes } : undefined;
  }
  const ipv6 = parseIPv6(host);
  if (ipv6 === undefined) return undefined;
  const mapped = ipv6.subarray(0, 10).every((byte) => byte === 0) && ipv6[10] === 0xff && ipv6[11] === 0xff;
  return mapped ? { network: 'ipv4', bytes: ipv6.slice(12) } : { network: 'ipv6', bytes: ipv6 };
}

function parseOnion(text: string): Omit<NetAddress, 'port'> | undefined {
  const bytes = fromBase32(text);
  if (bytes?.length !== 35 || bytes[34] !== TOR_V3) return undefined;
  const publicKey = bytes.slice(0, 32);
  const checksum = torChecksum(publicKey);
  if (checksum[0] !== bytes[32] || checksum[1] !== bytes[33]) return undefined;
  return { network: 'torv3', bytes: publicKey };
}
