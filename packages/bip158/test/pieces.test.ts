// SipHash, the fast range and the sort: what an element goes through before it is coded.
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { fastRange } from '../src/fast-range.ts';
import { golombRiceSize, GolombRiceReader, writeGolombRice } from '../src/golomb-rice.ts';
import { sipHash, sipHashKey } from '../src/sip-hash.ts';
import { sortUniform } from '../src/sort-uniform.ts';
import { model } from './support.ts';

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

function sipHash64(key: Uint8Array, bytes: Uint8Array, start = 0, end = bytes.length): bigint {
  const out = new Int32Array(4);
  sipHash(sipHashKey(key), bytes, start, end, out, 1);
  expect([out[0], out[3]]).toEqual([0, 0]);
  return BigInt.asUintN(64, (BigInt(out[2]!) << 32n) | BigInt(out[1]! >>> 0));
}

describe('SipHash-2-4', () => {
  // The paper of Aumasson and Bernstein, appendix A (15 bytes); Core test/hash_tests.cpp
  // (siphash_4_2_testvec) for the other lengths of 0, 1, 2, …
  test.each([
    [0, 0x726fdb47dd0e0e31n], [1, 0x74f839c593dc67fdn], [7, 0xab0200f58b01d137n],
    [8, 0x93f5f5799a932462n], [9, 0x9e0082df0ba9e4b0n], [15, 0xa129ca6149be45e5n],
    [16, 0x3f2acc7f57c29bdbn], [63, 0x958a324ceb064572n],
  ])('%d bytes', (length, expected) => {
    expect(sipHash64(counting(16), counting(length))).toBe(expected);
    expect(model.sipHash(counting(16), counting(length))).toBe(expected);
  });

  test('any bytes, from anywhere in an array', () => {
    const keys = fc.uint8Array({ minLength: 16, maxLength: 40 });
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(fc.property(keys, bytes, bytes, (key, a, b) => {
      const both = Uint8Array.of(...a, ...b);
      expect(sipHash64(key, both, a.length)).toBe(model.sipHash(key, b));
      expect(sipHash64(key, both, 0, a.length)).toBe(model.sipHash(key, a));
    }), { numRuns: 500 });
  });

  test('a key has 16 bytes', () => {
    expect(() => sipHashKey(new Uint8Array(15))).toThrow(RangeError);
  });
});

describe('fastRange', () => {
  const bits = (n: number): fc.Arbitrary<bigint> => fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** BigInt(n) - 1n }),
    fc.nat(n).map((shift) => 2n ** BigInt(n) - 2n ** BigInt(shift)),
    fc.nat(n - 1).map((shift) => 2n ** BigInt(shift)),
  );

  test('is exact for each hash and each range below 2^52', () => {
    fc.assert(fc.property(bits(64), bits(52), (hash, range) => {
      const result = fastRange(Number(hash & 0xffff_ffffn), Number(hash >> 32n), Number(range));
      expect(result).toBe(Number((hash * range) >> 64n));
    }), { numRuns: 20_000 });
  });

  test('the largest of both', () => {
    const most = 2 ** 32 - 1;
    expect(fastRange(most, most, 2 ** 52 - 1)).toBe(2 ** 52 - 2);
    expect(fastRange(most, most, most * 784_931)).toBe(most * 784_931 - 1);
  });
});

test('sortUniform sorts, whatever the numbers are', () => {
  const range = 784_931 * 300;
  const arrays = fc.oneof(
    fc.array(fc.nat(range - 1), { maxLength: 300 }),
    // All in one place, which takes longer and is as right.
    fc.array(fc.nat(5), { maxLength: 300 }),
    fc.array(fc.nat(5).map((n) => range - 1 - n), { maxLength: 300 }),
  );
  fc.assert(fc.property(arrays, (numbers) => {
    const values = Float64Array.from(numbers);
    expect(sortUniform(values, range)).toEqual(values.toSorted());
    expect(values).toEqual(Float64Array.from(numbers));
  }), { numRuns: 300 });
});

test('Golomb-Rice codes are read as they were written', () => {
  const quotient = fc.oneof(fc.nat(3), fc.nat(40), fc.nat(300));
  const delta = fc.tuple(quotient, fc.nat(2 ** 19 - 1)).map(([q, r]) => q * 2 ** 19 + r);
  fc.assert(fc.property(fc.array(delta, { maxLength: 30 }), fc.nat(9), (deltas, offset) => {
    let sum = 0;
    const sorted = Float64Array.from(deltas, (each) => (sum += each));
    const bytes = new Uint8Array(offset + golombRiceSize(sorted)).fill(0xff);
    writeGolombRice(sorted, bytes, offset);
    const reader = new GolombRiceReader(bytes, offset);
    expect(deltas.map(() => reader.next())).toEqual(deltas);
    expect(reader.offset).toBe(bytes.length);
    expect([...bytes.subarray(0, offset)]).toEqual(Array(offset).fill(0xff));
  }), { numRuns: 500 });
});
