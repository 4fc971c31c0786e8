import type { Codec } from './codec.ts';
import type { Reader } from './reader.ts';
import { sha256d, type Sha256d } from './sha256d.ts';
import { Writer } from './writer.ts';

/** A block header: 80 bytes. */
export interface BlockHeader {
  /** Signed 32 bits; version bits are BIP 9's. */
  readonly version: number;
  /** Hash of the block before, 32 bytes. */
  readonly prevBlockHash: Uint8Array;
  /** Root of the merkle tree of txids, 32 bytes. */
  readonly merkleRoot: Uint8Array;
  /** When its miner says it was made, Unix seconds, unsigned 32 bits. */
  readonly time: number;
  /** The target in compact form, unsigned 32 bits. */
  readonly bits: number;
  /** Unsigned 32 bits. */
  readonly nonce: number;
}

/** Bytes of a header. Core's `CBlockHeader` (primitives/block.h) serialises to as many. */
export const BLOCK_HEADER_SIZE = 80;

/** Version, previous hash, merkle root, time, bits, nonce: 4 + 32 + 32 + 4 + 4 + 4 bytes. */
export const BlockHeader: Codec<BlockHeader> = {
  size: () => BLOCK_HEADER_SIZE,
  write(writer: Writer, header: BlockHeader): void {
    writer.i32(header.version);
    writer.hash(header.prevBlockHash);
    writer.hash(header.merkleRoot);
    writer.u32(header.time);
    writer.u32(header.bits);
    writer.u32(header.nonce);
  },
  read(reader: Reader): BlockHeader {
    return {
      version: reader.i32(),
      prevBlockHash: reader.bytes(32),
      merkleRoot: reader.bytes(32),
      time: reader.u32(),
      bits: reader.u32(),
      nonce: reader.u32(),
    };
  },
};

/** The 80 bytes of a header, in a fresh array. */
export function blockHeaderBytes(header: BlockHeader): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE);
  BlockHeader.write(new Writer(bytes), header);
  return bytes;
}

/** A block's hash: SHA-256d of its 80-byte header, 32 bytes in wire order. */
export function blockHash(header: BlockHeader, hash: Sha256d = sha256d): Uint8Array {
  return hash(blockHeaderBytes(header));
}
