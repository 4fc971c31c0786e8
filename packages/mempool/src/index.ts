/**
 * The transactions that wait to be mined: accepted by the rules of consensus and Core's flags for
 * scripts, with Core's words for what is refused; kept true while the chain moves; selected for a block.
 *
 * @example
 * import { Mempool } from '@btcp2p/mempool';
 *
 * const mempool = new Mempool({ maxBytes: 300_000_000 });
 * const result = mempool.accept(view, { chain, now }); // { status: 'accepted', entry } or why not
 * mempool.blockConnected(block, txids);                // what was mined, and conflicts with it, goes
 *
 * @packageDocumentation
 */
export { Mempool } from './mempool.ts';
export type { AcceptContext, MempoolOptions } from './mempool.ts';
export { refusalText } from './accept-result.ts';
export type { AcceptResult, Refusal, RefusalKind } from './accept-result.ts';
export type { MempoolEntry } from './entry.ts';
export type { MempoolChain, MempoolCoin, ScriptFailure, TipCoins, VerifyScripts } from './ports.ts';
export { scriptVerification } from './script-verification.ts';
export {
  DisconnectedTransactions, MAX_DISCONNECTED_TX_POOL_BYTES,
} from './disconnected-transactions.ts';
export type { DisconnectedTransaction } from './disconnected-transactions.ts';
export { compareFeeRates, feeOf } from './fee-rate.ts';
export type { FeeRate } from './fee-rate.ts';
export { chunksOf, linearize } from './linearize.ts';
export type { Chunk } from './linearize.ts';
export { ancestorsOf, descendantsOf, inTopologicalOrder } from './relatives.ts';
export { selectTransactions } from './select-transactions.ts';
export type { Selection } from './select-transactions.ts';
export {
  DEFAULT_BYTES_PER_SIGOP, DEFAULT_CLUSTER_LIMIT, DEFAULT_CLUSTER_SIZE_LIMIT_VBYTES,
  DEFAULT_MAX_MEMPOOL_BYTES, DEFAULT_MIN_RELAY_TX_FEE, MAX_STANDARD_TX_SIGOPS_COST,
  MIN_STANDARD_TX_NONWITNESS_SIZE, sigOpsAdjustedWeight, TRUC_VERSION, virtualSizeOf,
} from './policy.ts';
