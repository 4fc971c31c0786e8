// addr: CompactSize count (at most 1,000), then for each
//   time 4 | services 8 | address 16 | port 2, big-endian
import { array, struct, u32, u64, type Codec } from '../codec.ts';
import { MAX_ADDR_TO_SEND } from '../limits.ts';
import { NetAddressV1, type NetAddress } from '../net-address.ts';

/** A node that somebody knows of. */
export interface AddrEntry {
  /** When it was last heard of, Unix seconds. */
  readonly time: number;
  /** Bits of `ServiceFlags`. */
  readonly services: bigint;
  readonly address: NetAddress;
}

/** `addr` tells of nodes whose addresses have 16 bytes. */
export interface Addr {
  readonly addresses: readonly AddrEntry[];
}

const entry: Codec<AddrEntry> = struct<AddrEntry>({
  time: u32,
  services: u64,
  address: NetAddressV1,
});

export const Addr: Codec<Addr> = struct<Addr>({
  addresses: array(entry, { max: MAX_ADDR_TO_SEND, minSize: 30 }),
});
