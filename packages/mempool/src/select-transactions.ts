import { isFinalTransaction } from '@btcp2p/consensus';
import { virtualSizeOf } from './policy.ts';
import type { MempoolEntry } from './entry.ts';
import { feeOf } from './fee-rate.ts';
import type { Chunk } from './linearize.ts';

/** How many chunks may fail to fit one after the other (Core `addChunks`, node/miner.cpp). */
const MAX_CONSECUTIVE_FAILURES = 1_000;

/** A block that has less room than this is full enough (Core `BLOCK_FULL_ENOUGH_WEIGHT_DELTA`). */
const BLOCK_FULL_ENOUGH_WEIGHT_DELTA = 4_000;

/** Which transactions to select. */
export interface Selection {
  /** The weight and the cost of signature operations that are left for transactions. */
  readonly maxWeight: number;
  readonly maxSigOpCost: number;
  /** The lowest fee rate, satoshis per 1,000 virtual bytes. */
  readonly minFeeRate: bigint;
  /** Of the block. */
  readonly height: number;
  /** Of its parent, Unix seconds. */
  readonly medianTimePast: number;
}

/**
 * The transactions that a block has room for, in an order in which they are valid (Core
 * `BlockAssembler::addChunks`, node/miner.cpp).
 *
 * @param chunks of the whole pool, best first
 */
export function selectTransactions(chunks: readonly Chunk[], selection: Selection): MempoolEntry[] {
  const { maxWeight, maxSigOpCost, minFeeRate, height, medianTimePast } = selection;
  const selected: MempoolEntry[] = [];
  const skipped = new Set<MempoolEntry>();
  let weight = 0;
  let sigOpCost = 0;
  let failures = 0;
  for (const { entries, fee, size } of chunks) {
    if (fee < feeOf(minFeeRate, virtualSizeOf(size))) break;
    let cost = 0;
    for (const entry of entries) cost += entry.sigOpCost;
    const hasRoom = weight + size < maxWeight && sigOpCost + cost < maxSigOpCost;
    const isUsable =
      hasRoom &&
      entries.every((entry) => {
        if ([...entry.parents].some((parent) => skipped.has(parent))) return false;
        return isFinalTransaction(entry.view.transaction(), height, medianTimePast);
      });
    if (!isUsable) {
      for (const entry of entries) skipped.add(entry);
      const isFull = weight + BLOCK_FULL_ENOUGH_WEIGHT_DELTA > maxWeight;
      if (++failures > MAX_CONSECUTIVE_FAILURES && isFull) break;
      continue;
    }
    failures = 0;
    sigOpCost += cost;
    for (const entry of entries) {
      selected.push(entry);
      weight += entry.weight;
    }
  }
  return selected;
}
