import {
  calculateNextWorkRequired, difficultyAdjustmentInterval, targetToCompact, type ConsensusParams,
  type HeaderEntry, type HeaderTree,
} from '@btcp2p/consensus';

/**
 * The bits of a block of this time after `parent` (Core `GetNextWorkRequired`, pow.cpp).
 *
 * @param headers a tree that knows the whole period that `parent` is in
 */
export function nextWorkRequired(
  headers: HeaderTree,
  parent: HeaderEntry,
  time: number,
  params: ConsensusParams,
): number {
  const interval = difficultyAdjustmentInterval(params);
  const height = headers.height(parent) + 1;
  const bits = headers.bits(parent);
  if (height % interval === 0) {
    const first = headers.ancestor(parent, height - interval);
    const of = (entry: HeaderEntry) => ({ time: headers.time(entry), bits: headers.bits(entry) });
    return calculateNextWorkRequired(of(first), of(parent), params);
  }
  if (!params.powAllowMinDifficultyBlocks) return bits;
  const easiest = targetToCompact(params.powLimit);
  if (time > headers.time(parent) + 2 * params.powTargetSpacing) return easiest;
  // The exception is no precedent: the last block before that is none counts, or the period's first.
  let at = parent;
  while (headers.height(at) % interval !== 0 && headers.bits(at) === easiest) {
    const before = headers.parent(at);
    if (before === undefined) break;
    at = before;
  }
  return headers.bits(at);
}
