// addrv2 (BIP 155): CompactSize count (at most 1,000), then for each
//   time 4 | services: CompactSize of 64 bits | network id 1 | address: CompactSize, bytes | port 2
import { array, struct, u32, type Codec } from '../codec.ts';
import { MAX_ADDR_TO_SEND } from '../limits.ts';
import { NetAddress, type UnknownNetAddress } from '../net-address.ts';
import { compactSizeSize } from '../writer.ts';

/** A node that somebody knows of, on any network. */
export interface AddrV2Entry {
  /** When it was last heard of, Unix seconds. */
  readonly time: number;
  /** Bits of `ServiceFlags`. */
  readonly services: bigint;
  /** One of an unknown network is to be skipped (BIP 155). */
  readonly address: NetAddress | UnknownNetAddress;
}

/** `addrv2` tells of nodes on any network. */
export interface AddrV2 {
  readonly addresses: readonly AddrV2Entry[];
}

const services: Codec<bigint> = {
  size: (value) => (value <= 0xffff_ffffn ? compactSizeSize(Number(value)) : 9),
  write: (writer, value) => writer.compactSize64(value),
  read: (reader) => reader.compactSize64(),
};

const entry: Codec<AddrV2Entry> = struct<AddrV2Entry>({
  time: u32,
  services,
  address: NetAddress,
});

export const AddrV2: Codec<AddrV2> = struct<AddrV2>({
  addresses: array(entry, { max: MAX_ADDR_TO_SEND, minSize: 9 }),
});
