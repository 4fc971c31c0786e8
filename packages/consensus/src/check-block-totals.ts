import type { Transaction } from '@btcp2p/wire';
import { invalidBlock, MAX_BLOCK_SIGOPS_COST, type InvalidBlock } from './check-block.ts';
import { totalOf } from './check-transaction-inputs.ts';
import { isMoneyRange } from './money.ts';
import type { ConsensusParams } from './params.ts';
import { blockSubsidy } from './subsidy.ts';

// The checks of sums over a block that Core makes while it connects it (`ConnectBlock`,
// validation.cpp): after each transaction, and at the end.

/** Whether the fees of a block so far, in satoshis, are an amount. */
export function checkAccumulatedFees(fees: bigint): InvalidBlock | undefined {
  if (isMoneyRange(fees)) return undefined;
  const debug = 'accumulated fee in the block out of range';
  return invalidBlock('bad-txns-accumulated-fee-outofrange', debug);
}

/** Whether a block may have signature operations of this cost so far, P2SH and witnesses included. */
export function checkSigOpCost(cost: number): InvalidBlock | undefined {
  if (cost <= MAX_BLOCK_SIGOPS_COST) return undefined;
  return invalidBlock('bad-blk-sigops', 'too many sigops');
}

/**
 * Whether a coinbase takes no more than its block's subsidy and fees. It may take less.
 *
 * @param fees of all other transactions of the block, satoshis
 * @param height of the block
 */
export function checkCoinbaseAmount(
  coinbase: Pick<Transaction, 'outputs'>,
  fees: bigint,
  height: number,
  params: ConsensusParams,
): InvalidBlock | undefined {
  const actual = totalOf(coinbase.outputs);
  const limit = fees + blockSubsidy(height, params);
  if (actual <= limit) return undefined;
  const debug = `coinbase pays too much (actual=${actual} vs limit=${limit})`;
  return invalidBlock('bad-cb-amount', debug);
}
