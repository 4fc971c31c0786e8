import { sipHash, type SipHashKey } from './sip-hash.ts';

const WORD = 2 ** 32;
const HALF = 2 ** 16;

/**
 * `hash * range / 2^64`, rounded down: a hash of 64 bits as a number below `range` (Core
 * `FastRange64`, util/fastrange.h).
 *
 * It multiplies words of 32 bits, of which one is split into halves, so that no product and no sum
 * needs more than the 53 bits that a number holds exactly.
 *
 * @param lower the hash's lower 32 bits, at least 0
 * @param upper its upper 32 bits, at least 0
 * @param range below 2^52
 */
export function fastRange(lower: number, upper: number, range: number): number {
  const rangeUpper = Math.floor(range / WORD);
  const rangeLower = range >>> 0;
  const second = rangeLower >>> 16;
  const first = rangeLower & 0xffff;
  const carry = Math.floor((lower * second + Math.floor((lower * first) / HALF)) / HALF);
  const middle = upper * first + lower * rangeUpper + carry;
  return upper * rangeUpper + Math.floor((upper * second + Math.floor(middle / HALF)) / HALF);
}

/** An element as a number below `range` (BIP 158 §Hashing Data Objects). */
export function hashToRange(key: SipHashKey, element: Uint8Array, range: number): number {
  const hash = new Int32Array(2);
  sipHash(key, element, 0, element.length, hash, 0);
  return fastRange(hash[0]! >>> 0, hash[1]! >>> 0, range);
}
