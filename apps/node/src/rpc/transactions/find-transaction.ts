import type { HeaderEntry } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import { equalHashes, type BlockView, type TransactionView } from '@btcp2p/wire';
import { Turns } from '../turns.ts';

/** A transaction of a block. */
export interface MinedTransaction {
  readonly view: TransactionView;
  /** Its place; 0 is the coinbase. */
  readonly index: number;
  readonly entry: HeaderEntry;
}

/** Looks for a transaction in a block, by its id: 32 bytes in wire order. */
export async function findInBlock(
  block: BlockView,
  entry: HeaderEntry,
  txid: Uint8Array,
): Promise<MinedTransaction | undefined> {
  const turns = new Turns();
  for (let index = 0; index < block.transactionCount; index++) {
    if (equalHashes(block.txid(index, nativeSha256d), txid)) {
      return { view: block.transactionView(index), index, entry };
    }
    if (turns.isOver) await turns.pass();
  }
  return undefined;
}
