import { TransactionView } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import type { MinedTransaction } from './find-transaction.ts';

/** Core's words for why a transaction was not found (rpc/rawtransaction.cpp `getrawtransaction`). */
const NOT_FOUND = {
  'no-index':
    'No such mempool transaction. Use -txindex or provide a block hash to enable blockchain ' +
    'transaction queries',
  indexing:
    'No such mempool transaction. Blockchain transactions are still in the process of being indexed',
  'not-found': 'No such mempool or blockchain transaction',
} as const;

/**
 * Looks for a transaction in the index of transactions, by its id: 32 bytes in wire order.
 *
 * @returns the transaction, or why it was not found
 */
export async function findByIndex(
  chain: ChainContext,
  txid: Uint8Array,
): Promise<MinedTransaction | string> {
  const answer = await chain.query({ type: 'find-transaction', txid });
  if (answer.status !== 'found') return NOT_FOUND[answer.status];
  const { entry, place, bytes } = answer;
  return { view: TransactionView.of(bytes), index: place, entry };
}
