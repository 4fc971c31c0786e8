/** The sign of a compact number. No valid target has it. */
const SIGN = 0x0080_0000;
const MANTISSA = 0x007f_ffff;
const UINT256 = (1n << 256n) - 1n;

/** What compact bits say. */
export interface CompactTarget {
  /** The number without its sign, its lowest 256 bits. */
  readonly target: bigint;
  /** Below zero. */
  readonly negative: boolean;
  /** 2^256 or more. */
  readonly overflow: boolean;
}

/**
 * The number that compact bits stand for: 3 bytes of mantissa, the highest bit of which is a sign,
 * below 1 byte that says how many bytes the number has (Core `arith_uint256::SetCompact`).
 *
 * @param bits unsigned 32 bits
 */
export function compactToTarget(bits: number): CompactTarget {
  const mantissa = compactMantissa(bits);
  return {
    target: (BigInt(mantissa) << BigInt(8 * compactShift(bits))) & UINT256,
    negative: mantissa !== 0 && (bits & SIGN) !== 0,
    overflow: compactOverflows(bits),
  };
}

/**
 * The compact bits of a number, rounded towards zero (Core `arith_uint256::GetCompact`).
 *
 * @throws RangeError if the number is negative or above 256 bits
 */
export function targetToCompact(target: bigint): number {
  if (target < 0n || target > UINT256) throw new RangeError('a target is 0 to 2^256 - 1');
  let size = target === 0n ? 0 : Math.ceil(target.toString(16).length / 2);
  let mantissa = Number(
    size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)),
  );
  // The highest bit of the mantissa would be the sign.
  if ((mantissa & SIGN) !== 0) {
    mantissa >>= 8;
    size += 1;
  }
  return size * 0x0100_0000 + mantissa;
}

/**
 * The target of bits as a double, or 0 if the bits are negative, overflow or are zero. A target has
 * at most 23 significant bits, so the double is exact, and cheaper to compare than a bigint.
 */
export function compactToNumber(bits: number): number {
  const mantissa = compactMantissa(bits);
  if (mantissa === 0 || (bits & SIGN) !== 0 || compactOverflows(bits)) return 0;
  return mantissa * POWERS_OF_256[compactShift(bits)]!;
}

/** 256^n; each product is exact. */
const POWERS_OF_256: Float64Array = /* @__PURE__ */ powersOf256();

function powersOf256(): Float64Array {
  const powers = new Float64Array(32);
  let power = 1;
  for (let i = 0; i < powers.length; i++, power *= 256) powers[i] = power;
  return powers;
}

/** The mantissa of bits, shifted right where the number has fewer than 3 bytes. */
export function compactMantissa(bits: number): number {
  const size = bits >>> 24;
  return size < 3 ? (bits & MANTISSA) >> (8 * (3 - size)) : bits & MANTISSA;
}

/** How many bytes the mantissa of bits is shifted to the left. */
export function compactShift(bits: number): number {
  return Math.max((bits >>> 24) - 3, 0);
}

function compactOverflows(bits: number): boolean {
  const size = bits >>> 24;
  const mantissa = compactMantissa(bits);
  if (mantissa === 0) return false;
  return size > 34 || (mantissa > 0xff && size > 33) || (mantissa > 0xffff && size > 32);
}
