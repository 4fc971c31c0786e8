import {
  compactMantissa,
  compactShift,
  compactToNumber,
  compactToTarget,
  targetToCompact,
} from './compact.ts';
import type { ConsensusParams } from './params.ts';

/**
 * Whether a hash is at most the target that its header claims, and that target is one that the
 * network allows (Core `CheckProofOfWork`, pow.cpp). Makes no bigint.
 *
 * @param hash 32 bytes in wire order
 * @param bits the claimed target, unsigned 32 bits
 */
export function checkProofOfWork(hash: Uint8Array, bits: number, params: ConsensusParams): boolean {
  return hashMeetsTarget(hash, bits, easiestTarget(params));
}

/** The same, with {@link easiestTarget} worked out beforehand. */
export function hashMeetsTarget(hash: Uint8Array, bits: number, easiest: number): boolean {
  const target = compactToNumber(bits);
  if (target === 0 || target > easiest) return false;
  const mantissa = compactMantissa(bits);
  const shift = compactShift(bits);
  for (let i = 31; i >= 0; i--) {
    const place = i - shift;
    const byte = place < 0 || place > 2 ? 0 : (mantissa >>> (8 * place)) & 0xff;
    if (hash[i] !== byte) return hash[i]! < byte;
  }
  return true;
}

const easiestTargets = new WeakMap<ConsensusParams, number>();

/**
 * The easiest target that can be written in bits, as an exact double. A claimed target, being
 * written in bits itself, is above the limit just when it is above this.
 */
export function easiestTarget(params: ConsensusParams): number {
  let easiest = easiestTargets.get(params);
  if (easiest === undefined) {
    easiest = compactToNumber(targetToCompact(params.powLimit));
    easiestTargets.set(params, easiest);
  }
  return easiest;
}

/** The last answer of {@link blockProof}: the bits of a chain change once in 2,016 headers. */
let last = { bits: 0, proof: 0n };

/**
 * How many hashes it takes on average to make a block of these bits: 2^256 / (target + 1). 0 for
 * bits that no block can have (Core `GetBlockProof`, chain.cpp).
 */
export function blockProof(bits: number): bigint {
  if (bits !== last.bits) last = { bits, proof: computeBlockProof(bits) };
  return last.proof;
}

function computeBlockProof(bits: number): bigint {
  const { target, negative, overflow } = compactToTarget(bits);
  if (negative || overflow || target === 0n) return 0n;
  return (1n << 256n) / (target + 1n);
}

/**
 * How long, in seconds, the work between two blocks takes at the rate of a third: positive if `to`
 * has more of it (Core `GetBlockProofEquivalentTime`, chain.cpp).
 *
 * @param to chain work of a block
 * @param from chain work of a block
 * @param tipBits the bits of the block whose work is taken for one target spacing
 * @throws RangeError if no block can have `tipBits`
 */
export function blockProofEquivalentTime(
  to: bigint,
  from: bigint,
  tipBits: number,
  params: ConsensusParams,
): bigint {
  const proof = blockProof(tipBits);
  if (proof === 0n) throw new RangeError(`no block has the bits ${tipBits}`);
  const time = ((to > from ? to - from : from - to) * BigInt(params.powTargetSpacing)) / proof;
  const bounded = time > MAX_INT64 ? MAX_INT64 : time;
  return to > from ? bounded : -bounded;
}

const MAX_INT64 = (1n << 63n) - 1n;
