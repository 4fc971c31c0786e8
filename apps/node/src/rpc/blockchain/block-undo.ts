import { BlockUndo, type TxUndo } from '@btcp2p/chainstate';
import type { HeaderEntry } from '@btcp2p/consensus';
import { decode } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import { RPC_INTERNAL_ERROR, RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';
import { longQuery, type QueryRefusal } from './long-query.ts';

/** What Core says where undo data are stored that cannot be read. */
export const UNDO_UNREADABLE =
  "Undo data expected but can't be read. This could be due to disk corruption or a conflict with a " +
  'pruning event.';

const EXPECTED: QueryRefusal = { code: RPC_INTERNAL_ERROR, text: UNDO_UNREADABLE };

/**
 * What the transactions of a block spent, the coinbase left out; undefined if that is not stored.
 *
 * @throws RpcError if it is stored, but cannot be read
 */
export async function undoOf(
  chain: ChainContext,
  entry: HeaderEntry,
  refusal: QueryRefusal = EXPECTED,
): Promise<readonly TxUndo[] | undefined> {
  const bytes = await longQuery(chain, { type: 'block-undo', entry }, refusal);
  return bytes && decode(BlockUndo, bytes).transactions;
}

/**
 * What the transactions of a block spent, the coinbase left out (Core `GetUndoChecked`,
 * rpc/blockchain.cpp).
 *
 * @throws RpcError if it is not stored, or cannot be read
 */
export async function undoChecked(
  chain: ChainContext,
  entry: HeaderEntry,
): Promise<readonly TxUndo[]> {
  if (chain.headers.height(entry) === 0) return [];
  const undo = await undoOf(chain, entry, { text: "Can't read undo data from disk" });
  if (undo !== undefined) return undo;
  const [facts] = await chain.query({ type: 'block-facts', entries: [entry] });
  const isPruned = facts!.transactions > 0 && !facts!.hasData;
  throw new RpcError(
    RPC_MISC_ERROR, isPruned ? 'Undo data not available (pruned data)' : 'Undo data not available',
  );
}
