import { equalHashes, Reader, type BlockView } from '@btcp2p/wire';
import { ChainstateError } from './chainstate-error.ts';
import type { BlockPosition } from './ports.ts';
import type { BlockUndo } from './undo.ts';

/** A block and its place in its chain. */
export interface BlockId {
  /** 32 bytes in wire order. */
  readonly hash: Uint8Array;
  readonly height: number;
}

/** A block with all that an index may take of it. */
export interface IndexedBlock extends BlockId {
  readonly block: BlockView;
  /** Where it is in the block files. */
  readonly position: BlockPosition;
  /** What it spent; empty for the genesis block. */
  readonly undo: BlockUndo;
  /** All txids, 32 bytes each in wire order, if the caller has them. */
  readonly txids?: readonly Uint8Array[];
}

/**
 * What an index reads of the chain: a port.
 *
 * Specification: one call tells of one state of the chain, which may be another at the next. Block data
 * are there for all blocks of the active chain but those that were pruned.
 */
export interface ChainReader {
  /** Of the active chain's last block; -1 before the genesis block. */
  readonly height: number;
  /** The hash of the active chain's block at a height; undefined above its last. */
  hashAt(height: number): Uint8Array | undefined;
  /** The height of a block of the active chain; undefined if it is not of that chain. */
  heightOf(hash: Uint8Array): number | undefined;
  block(hash: Uint8Array): BlockView | undefined;
  /** Where the block is in the block files. */
  position(hash: Uint8Array): BlockPosition | undefined;
  /** Not asked for of the genesis block, which has none. */
  undo(hash: Uint8Array): BlockUndo | undefined;
}

/** What the chain does not have of a block any more. */
export type MissingData = 'block' | 'undo';

/** What is known of all blocks of a chain up to some block (Core `BaseIndex`, index/base.h). */
export interface ChainIndex {
  /** The last block that it knows of; undefined if it knows none. */
  bestBlock(): BlockId | undefined;
  /** Adds the block that follows. @throws Error if it does not follow on the last block */
  connect(block: IndexedBlock): void;
  /** Adds the block that follows, with what it reads of it; or says what it could not read. */
  connectFrom(chain: ChainReader, block: BlockId): MissingData | undefined;
  /** Takes the last block off. */
  disconnect(): void;
}

/** What {@link stepIndex} did. */
export type IndexStep =
  /** A block was added, and there may be more. */
  | { readonly status: 'connected'; readonly block: BlockId }
  /** A block that is not of the active chain was taken off. */
  | { readonly status: 'disconnected'; readonly block: BlockId }
  /** Nothing: it knows all blocks of the active chain and no others. */
  | { readonly status: 'synced' }
  /** Nothing: it cannot go on without data that were pruned. */
  | { readonly status: 'missing'; readonly block: BlockId; readonly data: MissingData };

/**
 * Brings an index one block nearer to the active chain (Core `BaseIndex::Sync`): back from a block
 * that is not of that chain, or on to the next that is.
 *
 * Rationale: the owner calls it between other work, one block at a time, and both may change between
 * two calls. What an index wrote may be ahead of what the chain remembers after the process died; since
 * an index knows the hashes of its own blocks, it finds the way back to where both agree.
 */
export function stepIndex(index: ChainIndex, chain: ChainReader): IndexStep {
  const best = index.bestBlock();
  if (best !== undefined && chain.heightOf(best.hash) === undefined) {
    index.disconnect();
    return { status: 'disconnected', block: best };
  }
  const height = best === undefined ? 0 : best.height + 1;
  const hash = chain.hashAt(height);
  if (hash === undefined) return { status: 'synced' };
  const block = { hash, height };
  const data = index.connectFrom(chain, block);
  return data === undefined
    ? { status: 'connected', block }
    : { status: 'missing', block, data };
}

/** Bytes of a {@link BlockId} as {@link blockIdBytes}. */
const BLOCK_ID_SIZE = 36;

/** Height, 32 bits big-endian, and hash: the record of an index's last block. */
export function blockIdBytes({ hash, height }: BlockId): Uint8Array {
  const bytes = new Uint8Array(BLOCK_ID_SIZE);
  new DataView(bytes.buffer).setUint32(0, height);
  bytes.set(hash, 4);
  return bytes;
}

/** @throws ChainstateError if it is no such record */
export function parseBlockId(bytes: Uint8Array): BlockId {
  if (bytes.length !== BLOCK_ID_SIZE) {
    throw new ChainstateError('corrupt', 'an index has no hash for its last block');
  }
  return { height: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), hash: bytes.slice(4) };
}

/** A letter and a height, 32 bits big-endian: keys in the order of heights (Core `DBHeightKey`). */
export function heightKey(prefix: number, height: number): Uint8Array {
  const key = new Uint8Array(5);
  key[0] = prefix;
  new DataView(key.buffer).setUint32(1, height);
  return key;
}

/** A letter and a hash. @throws RangeError if the hash has not 32 bytes */
export function hashKey(prefix: number, hash: Uint8Array): Uint8Array {
  if (hash.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${hash.length}`);
  const key = new Uint8Array(33);
  key[0] = prefix;
  key.set(hash, 1);
  return key;
}

/** @throws Error if the block does not follow on the last one, which is a fault of the caller */
export function checkFollows(best: BlockId | undefined, block: BlockId, previous: Uint8Array): void {
  const follows = best === undefined
    ? block.height === 0
    : block.height === best.height + 1 && equalHashes(previous, best.hash);
  if (follows) return;
  throw new Error(`an index was given a block of height ${block.height} that does not follow`);
}

/** The parts of 32 bytes that a value is made of, as views. @throws DecodeError if it has others */
export function hashesOf(value: Uint8Array, count: number): Uint8Array[] {
  const reader = new Reader(value);
  const hashes = Array.from({ length: count }, () => reader.bytes(32));
  reader.end();
  return hashes;
}
