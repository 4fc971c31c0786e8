import { describe, expect, test } from '@jest/globals';
import { secureRng } from '../src/secure-rng.ts';

describe('secureRng', () => {
  test.each([0, 1, 7, 32, 1_024, 1_025, 100_000])('%d bytes', (length) => {
    const first = secureRng.bytes(length);
    expect(Object.getPrototypeOf(first)).toBe(Uint8Array.prototype);
    expect(first).toHaveLength(length);
    if (length >= 32) expect(first).not.toEqual(secureRng.bytes(length));
  });

  test('batches do not repeat, and every bit is used', () => {
    const seen = new Set<bigint>();
    let or = 0n;
    let and = 2n ** 64n - 1n;
    for (let i = 0; i < 5_000; i++) {
      const value = secureRng.u64();
      seen.add(value);
      or |= value;
      and &= value;
    }
    expect(seen.size).toBe(5_000);
    expect(or).toBe(2n ** 64n - 1n);
    expect(and).toBe(0n);
  });

  test('what was handed out is a copy', () => {
    const kept = secureRng.bytes(16);
    const copy = kept.slice();
    for (let i = 0; i < 2_000; i++) secureRng.bytes(16);
    expect(kept).toEqual(copy);
  });

  test.each([1, 2, 3, 10, 2 ** 32 + 1, 2 ** 53])('below %d', (limit) => {
    const draws = Array.from({ length: 2_000 }, () => secureRng.below(limit));
    expect(draws.every((draw) => Number.isSafeInteger(draw) && draw >= 0 && draw < limit)).toBe(true);
    // All values of a small range come up; a large one has a mean of half of it.
    if (limit <= 10) expect(new Set(draws).size).toBe(limit);
    else expect(draws.reduce((sum, draw) => sum + draw / limit, 0) / 2_000).toBeCloseTo(0.5, 1);
  });

  test.each([0, -1, 1.5, NaN, 2 ** 53 + 2])('below %d is refused', (limit) => {
    expect(() => secureRng.below(limit)).toThrow(RangeError);
  });

  test('a fork is as good', () => {
    expect(secureRng.fork('a').u64()).not.toBe(secureRng.fork('a').u64());
  });
});
