// version: the first message of a connection, from either side.
//
//   version 4 | services 8 | timestamp 8 | receiver 26 | sender 26 | nonce 8
//   | user agent: CompactSize, bytes (at most 256) | start height 4 | relay 1
//
// All after `receiver` came with later protocol versions and may be missing from the end, field by
// field (Core net_processing.cpp, VERSION; BIP 14, 37, 60).
import { struct, i32, i64, u64, varString, type Codec } from '../codec.ts';
import { MAX_SUBVERSION_LENGTH } from '../limits.ts';
import { NetAddressV1, type NetAddress } from '../net-address.ts';
import type { Reader } from '../reader.ts';

/** An address as `version` has it: services and a 16-byte address. */
export interface VersionAddress extends NetAddress {
  readonly services: bigint;
}

const VersionAddress: Codec<VersionAddress> = {
  size: () => 26,
  write(writer, address) {
    writer.u64(address.services);
    NetAddressV1.write(writer, address);
  },
  read: (reader) => ({ services: reader.u64(), ...NetAddressV1.read(reader) }),
};

/** Who a node is, what it speaks and offers. */
export interface Version {
  /** Protocol version, signed 32 bits: 70016 today. */
  readonly version: number;
  /** Bits of `ServiceFlags`. */
  readonly services: bigint;
  /** Unix seconds, signed 64 bits. */
  readonly timestamp: bigint;
  /** Where the sender sees the receiver. */
  readonly receiver: VersionAddress;
  /** Ignored by all today; Core sends zeros. */
  readonly sender: VersionAddress;
  /** Random: a node that gets its own back is talking to itself. 1 if missing, as in Core. */
  readonly nonce: bigint;
  /** As BIP 14, each character one byte; at most 256. */
  readonly userAgent: string;
  /** Height of the sender's chain. */
  readonly startHeight: number;
  /** Whether transactions may be announced from the start (BIP 37). True if missing. */
  readonly relay: boolean;
}

const UNSPECIFIED: VersionAddress = {
  services: 0n,
  network: 'ipv6',
  bytes: new Uint8Array(16),
  port: 0,
};

const userAgent = varString({ max: MAX_SUBVERSION_LENGTH });
const fields = struct<Omit<Version, 'relay'>>({
  version: i32,
  services: u64,
  timestamp: i64,
  receiver: VersionAddress,
  sender: VersionAddress,
  nonce: u64,
  userAgent,
  startHeight: i32,
});

export const Version: Codec<Version> = {
  size: (value) => fields.size(value) + 1,
  write(writer, value) {
    fields.write(writer, value);
    writer.u8(value.relay ? 1 : 0);
  },
  read(reader: Reader): Version {
    const start = {
      version: reader.i32(),
      services: reader.u64(),
      timestamp: reader.i64(),
      receiver: VersionAddress.read(reader),
    };
    const has = (): boolean => reader.remaining > 0;
    const sender = has();
    return {
      ...start,
      sender: sender ? VersionAddress.read(reader) : UNSPECIFIED,
      nonce: sender ? reader.u64() : 1n,
      userAgent: has() ? userAgent.read(reader) : '',
      startHeight: has() ? reader.i32() : -1,
      relay: has() ? reader.u8() !== 0 : true,
    };
  },
};

/** An address for `version` of which nothing is known: [::]:0 without services. */
export const unspecifiedAddress: VersionAddress = UNSPECIFIED;
