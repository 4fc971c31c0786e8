import type { Reader } from '../reader.ts';
import { compactSizeSize, type Writer } from '../writer.ts';

/**
 * Most transactions that a block can have, and so most indexes and short ids. BIP 152 gives
 * indexes 16 bits; Core `BlockTransactionsRequest` and `CBlockHeaderAndShortTxIDs`
 * (blockencodings.h) refuse a sum above 65,535.
 */
export const MAX_BLOCK_TRANSACTIONS = 0x1_0000;

/**
 * Ascending indexes as BIP 152 has them: each as what it exceeds the one before by, less one. Core
 * `DifferenceFormatter` (blockencodings.h).
 */
export const DifferentialIndexes = {
  countSize: compactSizeSize,
  /** Bytes of an index after `previous` (-1 for the first). */
  entrySize: (previous: number, index: number): number => compactSizeSize(index - previous - 1),
  writeEntry(writer: Writer, previous: number, index: number): void {
    if (index <= previous) throw new RangeError(`index ${index} does not come after ${previous}`);
    writer.compactSize(index - previous - 1);
  },
  /** Throws `invalid-value` if the index does not fit into 16 bits. */
  readEntry(reader: Reader, previous: number): number {
    const start = reader.offset;
    const index = previous + 1 + Number(reader.compactSize64());
    if (index >= MAX_BLOCK_TRANSACTIONS) reader.fail('invalid-value', start);
    return index;
  },
};
