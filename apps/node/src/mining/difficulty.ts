import type { ConsensusParams, HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { compactToTarget, difficultyAdjustmentInterval } from '@btcp2p/consensus';

/** How many times harder than the easiest of mainnet's (Core `GetDifficulty`, rpc/blockchain.cpp). */
export function difficultyOf(bits: number): number {
  const mantissa = bits & 0x00ff_ffff;
  // Powers of 256 are exact in a double, so one of them gives the same as Core's steps.
  return (0xffff / mantissa) * 256 ** (29 - (bits >>> 24));
}

/** The target of bits, as 64 hex digits (Core `GetTarget`, rpc/util.cpp). */
export function targetHex(bits: number): string {
  return compactToTarget(bits).target.toString(16).padStart(64, '0');
}

/** Bits as 8 hex digits. */
export function bitsHex(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}

/**
 * How many hashes a second it takes to make blocks as quickly as the `lookup` last ones were (Core
 * `GetNetworkHashPS`, rpc/mining.cpp); 0 if their times do not tell.
 *
 * @param lookup how many blocks, above 0, or -1 for those since the last change of difficulty
 */
export function networkHashRate(
  headers: HeaderTree,
  tip: HeaderEntry,
  lookup: number,
  params: ConsensusParams,
): number {
  const height = headers.height(tip);
  if (height === 0) return 0;
  const wanted = lookup === -1 ? (height % difficultyAdjustmentInterval(params)) + 1 : lookup;
  const count = Math.min(wanted, height);
  let at = tip;
  let [earliest, latest] = [headers.time(tip), headers.time(tip)];
  for (let i = 0; i < count; i++) {
    at = headers.parent(at)!;
    const time = headers.time(at);
    earliest = Math.min(earliest, time);
    latest = Math.max(latest, time);
  }
  if (earliest === latest) return 0;
  return toDouble(headers.chainWork(tip) - headers.chainWork(at)) / (latest - earliest);
}

/** Core `base_uint::getdouble` (arith_uint256.cpp): from the lowest 32 bits up, rounded each time. */
function toDouble(value: bigint): number {
  let result = 0;
  for (let rest = value, factor = 1; rest > 0n; rest >>= 32n, factor *= 2 ** 32) {
    result += factor * Number(rest & 0xffff_ffffn);
  }
  return result;
}
