import { compactToTarget, targetToCompact } from './compact.ts';
import { difficultyAdjustmentInterval, type ConsensusParams } from './params.ts';

/** What a retarget takes from a header. */
export interface RetargetHeader {
  /** Unix seconds. */
  readonly time: number;
  readonly bits: number;
}

const UINT256 = (1n << 256n) - 1n;

/**
 * The bits of the first block of a period: the target so far, times the seconds that the last
 * period took, over those that it should have taken; at most four times easier or harder.
 *
 * What it took is counted from the period's first block to its last, which are 2,015 spacings and
 * not 2,016: an error of 2009 that is now the rule (Core `CalculateNextWorkRequired`, pow.cpp).
 * Under BIP 94 the target so far is the first block's, because the last block's may be the
 * exception of least difficulty.
 *
 * @param first the first block of the period that ends
 * @param last the last block of that period
 */
export function calculateNextWorkRequired(
  first: RetargetHeader,
  last: RetargetHeader,
  params: ConsensusParams,
): number {
  if (params.powNoRetargeting) return last.bits;
  const { powTargetTimespan } = params;
  const [shortest, longest] = timespanLimits(params);
  const timespan = Math.min(Math.max(last.time - first.time, shortest), longest);
  const bits = params.enforceBIP94 ? first.bits : last.bits;
  return targetToCompact(scaleTarget(bits, timespan, powTargetTimespan, params.powLimit));
}

/**
 * Whether the bits may follow one another at this height, whatever the times: a check of headers
 * whose ancestors are not kept. Anything goes where blocks of least difficulty are allowed (Core
 * `PermittedDifficultyTransition`, pow.cpp).
 *
 * @param height of the block with `newBits`
 * @param oldBits of its parent
 */
export function permittedDifficultyTransition(
  params: ConsensusParams,
  height: number,
  oldBits: number,
  newBits: number,
): boolean {
  if (params.powAllowMinDifficultyBlocks) return true;
  if (height % difficultyAdjustmentInterval(params) !== 0) return oldBits === newBits;
  const { target } = compactToTarget(newBits);
  const { powTargetTimespan, powLimit } = params;
  const [shortest, longest] = timespanLimits(params);
  const easiest = scaleTarget(oldBits, longest, powTargetTimespan, powLimit);
  const hardest = scaleTarget(oldBits, shortest, powTargetTimespan, powLimit);
  return target <= roundTarget(easiest) && target >= roundTarget(hardest);
}

/** The fewest and the most seconds that a period may count as. */
function timespanLimits({ powTargetTimespan }: ConsensusParams): [number, number] {
  return [Math.floor(powTargetTimespan / 4), powTargetTimespan * 4];
}

/** In 256 bits, as in Core: a product above them would lose its top. None of the networks has one. */
function scaleTarget(bits: number, by: number, over: number, limit: bigint): bigint {
  const product = (compactToTarget(bits).target * BigInt(by)) & UINT256;
  const target = product / BigInt(over);
  return target > limit ? limit : target;
}

function roundTarget(target: bigint): bigint {
  return compactToTarget(targetToCompact(target)).target;
}
