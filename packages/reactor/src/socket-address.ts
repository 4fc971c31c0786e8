import { formatAddress, parseAddress, splitHostPort } from '@btcp2p/wire';

/** A host, without brackets, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * `host:port` for a socket's end, IPv6 hosts in brackets. IPv4 in IPv6 (`::ffff:1.2.3.4`), as a
 * listener on `::` sees IPv4 peers, is IPv4.
 */
export function formatSocketAddress(host: string, port: number): string {
  const bracketed = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const address = parseAddress(bracketed);
  // A name, or an IPv6 address with a zone (`fe80::1%eth0`), stays as it is.
  return address === undefined ? bracketed : formatAddress(address);
}

/**
 * What to dial for `host:port`, or why it cannot be dialled. Names of Tor and I2P are refused: the
 * system would ask a name server for them, and so tell who is interested.
 */
export function parseDialAddress(address: string): HostPort | string {
  const split = splitHostPort(address);
  if (split?.port === undefined || split.host === '') return `not an address: ${address}`;
  const { host, port } = split;
  if (/\.(?:onion|i2p)\.?$/i.test(host)) return `no way to ${host}`;
  return { host, port };
}
