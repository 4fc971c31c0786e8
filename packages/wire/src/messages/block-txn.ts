// blocktxn (BIP 152): block 32 | transactions: CompactSize, each whole
import { array, hash32, struct, type Codec } from '../codec.ts';
import { MIN_TRANSACTION_SIZE } from '../limits.ts';
import { TransactionView } from '../transaction-view.ts';
import { MAX_BLOCK_TRANSACTIONS } from './differential-indexes.ts';

/** `blocktxn` answers `getblocktxn`. */
export interface BlockTxn {
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  /** In the order in which they were asked for. */
  readonly transactions: readonly TransactionView[];
}

export const BlockTxn: Codec<BlockTxn> = struct<BlockTxn>({
  blockHash: hash32,
  transactions: array(TransactionView, {
    max: MAX_BLOCK_TRANSACTIONS,
    minSize: MIN_TRANSACTION_SIZE,
  }),
});
