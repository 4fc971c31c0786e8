import { parseAddress, toHex } from '@btcp2p/wire';

/** Leading bytes of an address that make a group. */
const GROUP_SIZE = { ipv4: 2, ipv6: 4 } as const;

/**
 * Which addresses may well be one and the same person's: the first 16 bits of an IPv4 address, the
 * first 32 of an IPv6 one, as in Core (netgroup.cpp). Any other address is a group of its own.
 *
 * @param address `host:port`
 */
export function addressGroup(address: string): string {
  const parsed = parseAddress(address);
  if (parsed?.network !== 'ipv4' && parsed?.network !== 'ipv6') return address;
  return `${parsed.network} ${toHex(parsed.bytes.subarray(0, GROUP_SIZE[parsed.network]))}`;
}
