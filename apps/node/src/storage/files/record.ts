import { MAX_BLOCK_WEIGHT, MAX_SIZE } from '@btcp2p/wire';
import { NodeError } from '../../node-error.ts';

/** Magic and length in front of each record (Core `STORAGE_HEADER_BYTES`, node/blockstorage.h). */
export const STORAGE_HEADER_BYTES = 8;

/** The checksum behind undo data: with the 8 in front, Core's `UNDO_DATA_DISK_OVERHEAD`. */
export const UNDO_CHECKSUM_BYTES = 32;

/** Core `MAX_BLOCK_SERIALIZED_SIZE` (consensus/consensus.h): no block has more bytes. */
export const MAX_BLOCK_SERIALIZED_SIZE = MAX_BLOCK_WEIGHT;

/** What block and undo files of a directory are written with. */
export interface RecordFormat {
  /** The network's 4 bytes. */
  readonly magic: Uint8Array;
  /** 8 bytes that hide what is written, from `xor.dat`; zeros hide nothing. */
  readonly key: Uint8Array;
}

/** Undo data as they stand in a rev file. */
export interface StoredUndo {
  readonly undo: Uint8Array;
  /** 32 bytes. */
  readonly checksum: Uint8Array;
}

/**
 * The length that stands in front of a record.
 *
 * @param head the 8 bytes, not hidden
 * @param where how people find the record
 * @throws NodeError `corrupt` if they are not the network's magic and a length of `least` to 32 MiB
 */
export function recordLength(
  head: Uint8Array,
  magic: Uint8Array,
  least: number,
  where: string,
): number {
  for (let i = 0; i < 4; i++) {
    if (head[i] !== magic[i]) throw new NodeError('corrupt', `There is no record in ${where}.`);
  }
  const length = wordAt(head, 4) >>> 0;
  if (length < least || length > MAX_SIZE) {
    throw new NodeError('corrupt', `A record cannot have ${length} bytes as in ${where}.`);
  }
  return length;
}

/** How people find a record. */
export function recordPlace(path: string, position: number): string {
  return `${path} at byte ${position}`;
}

/** Four bytes, little-endian, as a number with sign. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** An array whose content is about to be written, in memory of its own. */
export function unfilled(length: number): Uint8Array {
  // Up to here zeros cost less than memory from outside the engine.
  if (length <= 4_096) return new Uint8Array(length);
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}
