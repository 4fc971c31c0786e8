import type { Reader } from '../reader.ts';
import { compactSizeSize, type Writer } from '../writer.ts';

/**
 * Most transactions of a block that BIP 152 can speak of: indexes have 16 bits, and Core
 * (`CBlockHeaderAndShortTxIDs`, blockencodings.h) refuses a compact block of more than 65,535.
 */
export const MAX_BLOCK_TRANSACTIONS = 0xffff;

/** The largest index, or step between two, that Core reads: both are 16 bits there. */
export const MAX_INDEX = 0xffff;

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
  /** Throws `invalid-value` if the step does not fit into 16 bits. The index may be above them. */
  readEntry(reader: Reader, previous: number): number {
    const start = reader.offset;
    const step = reader.compactSize();
    if (step > MAX_INDEX) reader.fail('invalid-value', start);
    return previous + 1 + step;
  },
};
