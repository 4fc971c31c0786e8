// cmpctblock (BIP 152):
//   header 80 | nonce 8 | short ids: CompactSize, 6 each
//   | prefilled: CompactSize, each: index as difference CompactSize, transaction
import { array, bytes, struct, u64, type Codec } from '../codec.ts';
import { BlockHeader } from '../block-header.ts';
import { MIN_TRANSACTION_SIZE } from '../limits.ts';
import { TransactionView } from '../transaction-view.ts';
import { DifferentialIndexes, MAX_BLOCK_TRANSACTIONS } from './differential-indexes.ts';

/** Bytes of a short id (BIP 152). */
export const SHORT_ID_SIZE = 6;

/** A transaction that a compact block carries whole. */
export interface PrefilledTransaction {
  /**
   * Its place in the block, from 0. One that lies past the end, or above 65,535, is read: Core, too,
   * finds that out later (`PartiallyDownloadedBlock::InitData`), and calls the sender misbehaving.
   */
  readonly index: number;
  readonly transaction: TransactionView;
}

/** `cmpctblock`: a block whose transactions the receiver mostly has. */
export interface CmpctBlock {
  readonly header: BlockHeader;
  /** Makes the key of the short ids, together with the header. */
  readonly nonce: bigint;
  /** 6 bytes each, in the order of the block. */
  readonly shortIds: readonly Uint8Array[];
  /** In the order of the block. */
  readonly prefilled: readonly PrefilledTransaction[];
}

/** To Core, too many entries are bytes that do not decode, and so not `limit-exceeded`. */
const TOO_MANY = 'invalid-value';

const prefilled: Codec<readonly PrefilledTransaction[]> = {
  size(entries) {
    let size = DifferentialIndexes.countSize(entries.length);
    let previous = -1;
    for (const { index, transaction } of entries) {
      size += DifferentialIndexes.entrySize(previous, index) + transaction.size;
      previous = index;
    }
    return size;
  },
  write(writer, entries) {
    writer.compactSize(entries.length);
    let previous = -1;
    for (const { index, transaction } of entries) {
      DifferentialIndexes.writeEntry(writer, previous, index);
      TransactionView.write(writer, transaction);
      previous = index;
    }
  },
  read(reader) {
    const count = reader.count(MAX_BLOCK_TRANSACTIONS, MIN_TRANSACTION_SIZE + 1, TOO_MANY);
    const entries: PrefilledTransaction[] = [];
    let previous = -1;
    for (let i = 0; i < count; i++) {
      previous = DifferentialIndexes.readEntry(reader, previous);
      entries.push({ index: previous, transaction: TransactionView.read(reader) });
    }
    return entries;
  },
};

const shortIds = array(bytes(SHORT_ID_SIZE), {
  max: MAX_BLOCK_TRANSACTIONS,
  minSize: SHORT_ID_SIZE,
  tooMany: TOO_MANY,
});

const fields = struct<CmpctBlock>({ header: BlockHeader, nonce: u64, shortIds, prefilled });

/** More than 65,535 transactions in all are `invalid-value`. */
export const CmpctBlock: Codec<CmpctBlock> = {
  ...fields,
  read(reader) {
    const start = reader.offset;
    const block = fields.read(reader);
    const count = block.shortIds.length + block.prefilled.length;
    if (count > MAX_BLOCK_TRANSACTIONS) reader.fail(TOO_MANY, start);
    return block;
  },
};
