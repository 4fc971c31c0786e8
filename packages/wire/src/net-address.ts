import type { Codec } from './codec.ts';
import { MAX_ADDRV2_SIZE } from './limits.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** The networks that an address can be of (BIP 155). */
export type AddressNetwork = 'ipv4' | 'ipv6' | 'torv3' | 'i2p' | 'cjdns';

/** Where a node listens. */
export interface NetAddress {
  readonly network: AddressNetwork;
  /**
   * In network byte order: IPv4 4 bytes; IPv6 and CJDNS 16; Tor v3 the 32-byte public key; I2P the
   * 32-byte hash of the destination.
   */
  readonly bytes: Uint8Array;
  /** 0 to 65535; 0 for I2P. */
  readonly port: number;
}

/** An address of a network that has not been heard of here: to be skipped, and relayed to nobody. */
export interface UnknownNetAddress {
  readonly network: 'unknown';
  /** BIP 155 network id. */
  readonly networkId: number;
  /** At most 512 bytes. */
  readonly bytes: Uint8Array;
  readonly port: number;
}

interface NetworkFacts {
  readonly id: number;
  readonly size: number;
}

/**
 * BIP 155, table of network ids. Id 3, Tor v2, is gone from the network and counts as unknown, as in
 * Core; so does 7, Yggdrasil, which Core does not have.
 */
const NETWORKS: Readonly<Record<AddressNetwork, NetworkFacts>> = {
  ipv4: { id: 1, size: 4 },
  ipv6: { id: 2, size: 16 },
  torv3: { id: 4, size: 32 },
  i2p: { id: 5, size: 32 },
  cjdns: { id: 6, size: 16 },
};

const BY_ID = new Map(
  Object.entries(NETWORKS).map(([name, { id }]) => [id, name as AddressNetwork]),
);

/** The BIP 155 id of an address's network. */
export function networkId(address: NetAddress | UnknownNetAddress): number {
  return address.network === 'unknown' ? address.networkId : NETWORKS[address.network].id;
}

/**
 * Network id (1 byte), CompactSize and address bytes, port (2 bytes, big-endian): BIP 155.
 *
 * Unknown ids read as {@link UnknownNetAddress}. A known id with the wrong number of bytes is
 * `invalid-value`, and more than 512 bytes are `size-too-large`; writing either is a `RangeError`.
 */
export const NetAddress: Codec<NetAddress | UnknownNetAddress> = {
  size: ({ bytes }) => 1 + (bytes.length < 0xfd ? 1 : 3) + bytes.length + 2,
  write(writer: Writer, address: NetAddress | UnknownNetAddress): void {
    checkSize(address);
    writer.u8(networkId(address));
    writer.varBytes(address.bytes);
    writer.u16be(address.port);
  },
  read(reader: Reader): NetAddress | UnknownNetAddress {
    const start = reader.offset;
    const id = reader.u8();
    const bytes = reader.varBytes(MAX_ADDRV2_SIZE);
    const network = BY_ID.get(id);
    if (network !== undefined && bytes.length !== NETWORKS[network].size) {
      reader.fail('invalid-value', start);
    }
    const port = reader.u16be();
    return network === undefined
      ? { network: 'unknown', networkId: id, bytes, port }
      : { network, bytes, port };
  },
};

/** What stands in front of an IPv4 address in 16 bytes (RFC 4291 §2.5.5.2). */
const IPV4_IN_IPV6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** What a caller calls an address of a network must have that network's size, or peers refuse it. */
function checkSize(address: NetAddress | UnknownNetAddress): void {
  const { network, bytes } = address;
  const isFit =
    network === 'unknown' ? bytes.length <= MAX_ADDRV2_SIZE : bytes.length === NETWORKS[network].size;
  if (!isFit) throw new RangeError(`${bytes.length} bytes are not an address (${network})`);
}

/** Whether an address has a form of 16 bytes, and so can stand in `addr` and `version`. */
export function isAddrV1Compatible(address: NetAddress): boolean {
  return address.network === 'ipv4' || address.network === 'ipv6';
}

/**
 * 16 bytes, in which IPv4 has the prefix ::ffff:0:0/96, and the port (2 bytes, big-endian): the
 * form from before BIP 155. Writing an address of another network is a `RangeError`.
 */
export const NetAddressV1: Codec<NetAddress> = {
  size: () => 18,
  write(writer: Writer, address: NetAddress): void {
    if (!isAddrV1Compatible(address)) {
      throw new RangeError(`a ${address.network} address has no form of 16 bytes`);
    }
    checkSize(address);
    if (address.network === 'ipv4') writer.bytes(IPV4_IN_IPV6);
    writer.bytes(address.bytes);
    writer.u16be(address.port);
  },
  read(reader: Reader): NetAddress {
    const bytes = reader.bytes(16);
    const port = reader.u16be();
    for (let i = 0; i < 12; i++) {
      if (bytes[i] !== IPV4_IN_IPV6[i]) return { network: 'ipv6', bytes, port };
    }
    return { network: 'ipv4', bytes: bytes.subarray(12), port };
  },
};
