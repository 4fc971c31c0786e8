import { parseAddress, type NetAddress } from '@btcp2p/wire';

/**
 * Which network a peer is reached through, by the names that Core shows (`GetNetworkName`,
 * netbase.cpp). `not_publicly_routable` are addresses of this machine, of private networks, and
 * those that are no addresses at all.
 */
export type NetworkClass = 'ipv4' | 'ipv6' | 'onion' | 'i2p' | 'cjdns' | 'not_publicly_routable';

type Bytes = Readonly<Record<'network', NetAddress['network']>> & { readonly bytes: Uint8Array };

const startsWith = (bytes: Uint8Array, ...prefix: number[]): boolean =>
  prefix.every((byte, i) => bytes[i] === byte);

/** Whether an address is of this machine: 127/8, 0/8 or ::1 (Core `CNetAddr::IsLocal`). */
export function isLocalAddress({ network, bytes }: Bytes): boolean {
  if (network === 'ipv4') return bytes[0] === 127 || bytes[0] === 0;
  if (network !== 'ipv6') return false;
  return bytes[15] === 1 && bytes.subarray(0, 15).every((byte) => byte === 0);
}

/** Whether an address can be anybody's (Core `CNetAddr::IsValid`, netaddress.cpp). */
export function isValidAddress({ network, bytes }: Bytes): boolean {
  switch (network) {
    case 'ipv4':
      return bytes.some((byte) => byte !== 0) && bytes.some((byte) => byte !== 255);
    case 'ipv6':
      // 2001:db8::/32 is for documentation (RFC 3849).
      return bytes.some((byte) => byte !== 0) && !startsWith(bytes, 0x20, 0x01, 0x0d, 0xb8);
    case 'cjdns':
      return bytes[0] === 0xfc;
    case 'torv3':
    case 'i2p':
      return true;
  }
}

/** Whether an address can be reached from everywhere (Core `CNetAddr::IsRoutable`). */
export function isRoutable(address: Bytes): boolean {
  if (!isValidAddress(address) || isLocalAddress(address)) return false;
  const { bytes } = address;
  if (address.network === 'ipv4') return !isReservedIPv4(bytes);
  return address.network !== 'ipv6' || !isReservedIPv6(bytes);
}

function isReservedIPv4(bytes: Uint8Array): boolean {
  const [a = 0, b = 0] = bytes;
  return (
    // RFC 1918, private networks.
    a === 10 ||
    (a === 192 && b === 168) ||
    (a === 172 && b >= 16 && b <= 31) ||
    // RFC 2544, benchmarks; RFC 3927, link-local; RFC 6598, carriers.
    (a === 198 && (b === 18 || b === 19)) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b <= 127) ||
    // RFC 5737, documentation.
    startsWith(bytes, 192, 0, 2) ||
    startsWith(bytes, 198, 51, 100) ||
    startsWith(bytes, 203, 0, 113)
  );
}

function isReservedIPv6(bytes: Uint8Array): boolean {
  const isOrchid = startsWith(bytes, 0x20, 0x01, 0x00);
  return (
    // RFC 4862, link-local; RFC 4193, local; RFC 4843 and 7343, ORCHID.
    startsWith(bytes, 0xfe, 0x80, 0, 0, 0, 0, 0, 0) ||
    (bytes[0]! & 0xfe) === 0xfc ||
    (isOrchid && ((bytes[3]! & 0xf0) === 0x10 || (bytes[3]! & 0xf0) === 0x20))
  );
}

/** What of the host of `host:port` is an address, if it is not a name. */
export function parseHostPort(text: string): NetAddress | undefined {
  return parseAddress(text, 0);
}

/**
 * The network of a peer at `host:port`.
 *
 * @param isOnion whether it came in where only Tor connects, so that its address says nothing
 */
export function networkClass(address: string, isOnion = false): NetworkClass {
  if (isOnion) return 'onion';
  const parsed = parseHostPort(address);
  if (parsed === undefined || !isRoutable(parsed)) return 'not_publicly_routable';
  return parsed.network === 'torv3' ? 'onion' : parsed.network;
}
