import type { Transaction } from '@btcp2p/wire';

/**
 * With this bit, a sequence number locks nothing
 * (BIP 68; Core `SEQUENCE_LOCKTIME_DISABLE_FLAG`, primitives/transaction.h).
 */
export const SEQUENCE_LOCKTIME_DISABLE_FLAG = 0x8000_0000;

/**
 * With this bit, a sequence number counts time, else blocks
 * (BIP 68; Core `SEQUENCE_LOCKTIME_TYPE_FLAG`, primitives/transaction.h).
 */
export const SEQUENCE_LOCKTIME_TYPE_FLAG = 0x0040_0000;

/**
 * The bits of a sequence number that count
 * (BIP 68; Core `SEQUENCE_LOCKTIME_MASK`, primitives/transaction.h).
 */
export const SEQUENCE_LOCKTIME_MASK = 0xffff;

/**
 * A unit of relative time is 2 to the power of this, 512 seconds
 * (BIP 68; Core `SEQUENCE_LOCKTIME_GRANULARITY`, primitives/transaction.h).
 */
export const SEQUENCE_LOCKTIME_GRANULARITY = 9;

const UNIT_SECONDS = 2 ** SEQUENCE_LOCKTIME_GRANULARITY;

/** The last height and time at which a transaction is still locked; -1 where it is not at all. */
export interface SequenceLocks {
  readonly minHeight: number;
  /** Median time past, Unix seconds. */
  readonly minTime: number;
}

/** Where in the chain a transaction is to stand. */
export interface SequenceLockContext {
  /** Of its block. */
  readonly height: number;
  /** Of the parent of its block, Unix seconds. */
  readonly medianTimePast: number;
  /** Of the block at a height of its chain, below its own; asked only for locks in time. */
  readonly medianTimePastAt: (height: number) => number;
}

/**
 * Until when the sequence numbers of its inputs lock a transaction (BIP 68; Core
 * `CalculateSequenceLocks`, consensus/tx_verify.cpp). Time counts from the median time past of the
 * block before the one that has the coin.
 *
 * @param coinHeights of the blocks that created what each input spends, in order
 * @param enforced whether BIP 68 holds: from `csvHeight` on
 * @param medianTimePastAt of the block at a height, Unix seconds
 * @throws RangeError if there are not as many heights as inputs
 */
export function calculateSequenceLocks(
  transaction: Pick<Transaction, 'version' | 'inputs'>,
  coinHeights: readonly number[],
  enforced: boolean,
  medianTimePastAt: (height: number) => number,
): SequenceLocks {
  const { version, inputs } = transaction;
  if (coinHeights.length !== inputs.length) {
    throw new RangeError(`${coinHeights.length} heights for ${inputs.length} inputs`);
  }
  let minHeight = -1;
  let minTime = -1;
  if (!enforced || version < 2) return { minHeight, minTime };
  for (const [i, { sequence }] of inputs.entries()) {
    if ((sequence & SEQUENCE_LOCKTIME_DISABLE_FLAG) !== 0) continue;
    const coinHeight = coinHeights[i]!;
    const count = sequence & SEQUENCE_LOCKTIME_MASK;
    // The last one that is locked is one before the first that is not.
    if ((sequence & SEQUENCE_LOCKTIME_TYPE_FLAG) === 0) {
      minHeight = Math.max(minHeight, coinHeight + count - 1);
    } else {
      const coinTime = medianTimePastAt(Math.max(coinHeight - 1, 0));
      minTime = Math.max(minTime, coinTime + count * UNIT_SECONDS - 1);
    }
  }
  return { minHeight, minTime };
}

/**
 * Whether locks have ended for a block (Core `EvaluateSequenceLocks`, consensus/tx_verify.cpp).
 *
 * @param height of the block
 * @param medianTimePast of its parent, Unix seconds
 */
export function evaluateSequenceLocks(
  locks: SequenceLocks,
  height: number,
  medianTimePast: number,
): boolean {
  return locks.minHeight < height && locks.minTime < medianTimePast;
}

/**
 * Whether the sequence numbers of a transaction let it into a block; if not, the reason is
 * `bad-txns-nonfinal` (BIP 68; Core `SequenceLocks`, consensus/tx_verify.cpp).
 *
 * @param coinHeights of the blocks that created what each input spends, in order
 * @param enforced whether BIP 68 holds: from `csvHeight` on
 * @throws RangeError if there are not as many heights as inputs
 */
export function sequenceLocks(
  transaction: Pick<Transaction, 'version' | 'inputs'>,
  coinHeights: readonly number[],
  enforced: boolean,
  context: SequenceLockContext,
): boolean {
  const { height, medianTimePast, medianTimePastAt } = context;
  const locks = calculateSequenceLocks(transaction, coinHeights, enforced, medianTimePastAt);
  return evaluateSequenceLocks(locks, height, medianTimePast);
}
