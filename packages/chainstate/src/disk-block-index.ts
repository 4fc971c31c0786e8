import { BLOCK_HEADER_SIZE, BlockHeader, type Codec } from '@btcp2p/wire';
import { readVarInt, varIntSize, writeVarInt } from './var-int.ts';

/** Bits and levels of a block's status (Core `BlockStatus`, chain.h). */
export const BlockStatus = {
  /** Header checked, ancestors known. Levels are numbers in the lowest three bits. */
  VALID_TREE: 2,
  /** Transactions checked by themselves: `transactionCount` is known. */
  VALID_TRANSACTIONS: 3,
  /** Coins spent and created in order. */
  VALID_CHAIN: 4,
  /** Scripts checked. */
  VALID_SCRIPTS: 5,
  /** The bits of the level. */
  VALID_MASK: 7,
  /** The block is in a blk file. */
  HAVE_DATA: 8,
  /** Its undo data are in a rev file. */
  HAVE_UNDO: 16,
  /** It broke a rule after the level that it has. */
  FAILED_VALID: 32,
  /** An ancestor did. */
  FAILED_CHILD: 64,
  /** It was stored with its witnesses. */
  OPT_WITNESS: 128,
} as const;

/** What Core's block index database holds of a block (`CDiskBlockIndex`, chain.h). */
export interface DiskBlockIndex {
  readonly header: BlockHeader;
  readonly height: number;
  /** {@link BlockStatus}. */
  readonly status: number;
  /** Transactions of the block; 0 while unknown. */
  readonly transactionCount: number;
  /** Number of its blk and rev file; 0 where the status has neither `HAVE_DATA` nor `HAVE_UNDO`. */
  readonly file: number;
  /** Where the block starts in the blk file, behind magic and length; 0 without `HAVE_DATA`. */
  readonly dataPosition: number;
  /** Where its undo data start in the rev file, as above; 0 without `HAVE_UNDO`. */
  readonly undoPosition: number;
}

/** What Core writes for a version that nobody reads (`DUMMY_VERSION`, chain.h). */
const DUMMY_VERSION = 259_900;

const { HAVE_DATA, HAVE_UNDO } = BlockStatus;

const I32_MAX = 0x7fff_ffff;
const U32_MAX = 0xffff_ffff;

/** The numbers in front of the header. */
function numbersOf(entry: DiskBlockIndex): number[] {
  const { status } = entry;
  const numbers = [DUMMY_VERSION, entry.height, status, entry.transactionCount];
  if ((status & (HAVE_DATA | HAVE_UNDO)) !== 0) numbers.push(entry.file);
  if ((status & HAVE_DATA) !== 0) numbers.push(entry.dataPosition);
  if ((status & HAVE_UNDO) !== 0) numbers.push(entry.undoPosition);
  return numbers;
}

/**
 * An entry of Core's block index database: VARINTs of a version that means nothing, height, status,
 * number of transactions, and as the status says file, data position and undo position; then the
 * header of 80 bytes.
 */
export const DiskBlockIndex: Codec<DiskBlockIndex> = {
  size: (entry) =>
    numbersOf(entry).reduce((sum, value) => sum + varIntSize(value), BLOCK_HEADER_SIZE),
  write(writer, entry) {
    for (const value of numbersOf(entry)) writeVarInt(writer, value);
    BlockHeader.write(writer, entry.header);
  },
  read(reader) {
    readVarInt(reader, I32_MAX);
    const height = readVarInt(reader, I32_MAX);
    const status = readVarInt(reader, U32_MAX);
    const transactionCount = readVarInt(reader, U32_MAX);
    const file = (status & (HAVE_DATA | HAVE_UNDO)) === 0 ? 0 : readVarInt(reader, I32_MAX);
    const dataPosition = (status & HAVE_DATA) === 0 ? 0 : readVarInt(reader, U32_MAX);
    const undoPosition = (status & HAVE_UNDO) === 0 ? 0 : readVarInt(reader, U32_MAX);
    const header = BlockHeader.read(reader);
    return { header, height, status, transactionCount, file, dataPosition, undoPosition };
  },
};

/** The first byte of a block's key, `b` (Core `DB_BLOCK_INDEX`, node/blockstorage.cpp). */
export const DB_BLOCK_INDEX = 0x62;

/** The key of a block in Core's block index database: `b` and its hash, 32 bytes in wire order. */
export function blockIndexKey(hash: Uint8Array): Uint8Array {
  const key = new Uint8Array(33);
  key[0] = DB_BLOCK_INDEX;
  key.set(hash, 1);
  return key;
}
