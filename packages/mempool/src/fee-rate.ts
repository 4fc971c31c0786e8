/** What some transactions pay, and for how much space; the unit of space is the caller's. */
export interface FeeRate {
  /** Satoshis. */
  readonly fee: bigint;
  readonly size: number;
}

/**
 * Below 0 if `a` pays less for its space than `b`, above if more. Products of 53 bits of precision are
 * compared: rates that differ by less count as equal, and none is ever taken for larger than a larger one.
 */
export function compareFeeRates(a: FeeRate, b: FeeRate): number {
  return Number(a.fee) * b.size - Number(b.fee) * a.size;
}

/**
 * The fee of so many virtual bytes, rounded up (Core `CFeeRate::GetFee`, policy/feerate.cpp).
 *
 * @param rate satoshis per 1,000 virtual bytes
 */
export function feeOf(rate: bigint, virtualSize: number): bigint {
  return (rate * BigInt(virtualSize) + 999n) / 1_000n;
}
