// getblocktxn (BIP 152): block 32 | indexes: CompactSize, each as difference CompactSize
import { hash32, struct, type Codec } from '../codec.ts';
import { MAX_SIZE } from '../limits.ts';
import { DifferentialIndexes, MAX_INDEX } from './differential-indexes.ts';

/** `getblocktxn` asks for the transactions of a compact block that could not be found. */
export interface GetBlockTxn {
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  /** Places in the block, ascending, from 0. */
  readonly indexes: readonly number[];
}

const indexes: Codec<readonly number[]> = {
  size(values) {
    let size = DifferentialIndexes.countSize(values.length);
    let previous = -1;
    for (const index of values) {
      size += DifferentialIndexes.entrySize(previous, index);
      previous = index;
    }
    return size;
  },
  write(writer, values) {
    writer.compactSize(values.length);
    let previous = -1;
    for (const index of values) {
      DifferentialIndexes.writeEntry(writer, previous, index);
      previous = index;
    }
  },
  /** An index of more than 16 bits is `invalid-value`, so that there are at most 65,536 of them. */
  read(reader) {
    const count = reader.count(MAX_SIZE, 1);
    const values: number[] = [];
    let previous = -1;
    for (let i = 0; i < count; i++) {
      const start = reader.offset;
      previous = DifferentialIndexes.readEntry(reader, previous);
      if (previous > MAX_INDEX) reader.fail('invalid-value', start);
      values.push(previous);
    }
    return values;
  },
};

export const GetBlockTxn: Codec<GetBlockTxn> = struct<GetBlockTxn>({ blockHash: hash32, indexes });
