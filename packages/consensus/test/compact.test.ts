import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { mainnet, networks } from '@btcp2p/wire';
import {
  blockProof,
  blockProofEquivalentTime,
  checkProofOfWork,
  compactToTarget,
  consensusParams,
  targetToCompact,
} from '../src/index.ts';
import { compactToNumber } from '../src/compact.ts';

const main = consensusParams(mainnet);

/** 32 bytes in wire order. */
function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

describe('compact bits', () => {
  // Core src/test/arith_uint256_tests.cpp, bignum_SetCompact: bits, target, negative, and the bits
  // that the target goes back to.
  test.each([
    ['0', 0n, false, 0],
    ['0x00123456', 0n, false, 0],
    ['0x01003456', 0n, false, 0],
    ['0x02000056', 0n, false, 0],
    ['0x03000000', 0n, false, 0],
    ['0x04000000', 0n, false, 0],
    ['0x00923456', 0n, false, 0],
    ['0x01803456', 0n, false, 0],
    ['0x02800056', 0n, false, 0],
    ['0x03800000', 0n, false, 0],
    ['0x04800000', 0n, false, 0],
    ['0x01123456', 0x12n, false, 0x01120000],
    ['0x01fedcba', 0x7en, true, 0x017e0000],
    ['0x02123456', 0x1234n, false, 0x02123400],
    ['0x03123456', 0x123456n, false, 0x03123456],
    ['0x04123456', 0x12345600n, false, 0x04123456],
    ['0x04923456', 0x12345600n, true, 0x04123456],
    ['0x05009234', 0x92340000n, false, 0x05009234],
    ['0x20123456', 0x123456n << 232n, false, 0x20123456],
  ])('%s as in Core', (bits, target, negative, back) => {
    expect(compactToTarget(Number(bits))).toEqual({ target, negative, overflow: false });
    expect(targetToCompact(target)).toBe(back);
  });

  test('the highest bit of a mantissa is never set (Core arith_uint256_tests.cpp)', () => {
    expect(targetToCompact(0x80n)).toBe(0x02008000);
  });

  test('what overflows (Core arith_uint256_tests.cpp, and each bound of SetCompact)', () => {
    expect(compactToTarget(0xff123456)).toEqual({ target: 0n, negative: false, overflow: true });
    expect(compactToTarget(0x22000100).overflow).toBe(true);
    expect(compactToTarget(0x220000ff).overflow).toBe(false);
    expect(compactToTarget(0x21010000).overflow).toBe(true);
    expect(compactToTarget(0x2100ffff).overflow).toBe(false);
    expect(compactToTarget(0x23000001).overflow).toBe(true);
    expect(compactToTarget(0xff000000).overflow).toBe(false);
  });

  test('targets outside 256 bits are refused', () => {
    expect(() => targetToCompact(-1n)).toThrow(RangeError);
    expect(() => targetToCompact(1n << 256n)).toThrow(RangeError);
    expect(targetToCompact((1n << 256n) - 1n)).toBe(0x2100ffff);
  });

  test('a target rounds down to its first bits, and those are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (target) => {
        const bits = targetToCompact(target);
        const { target: rounded, negative, overflow } = compactToTarget(bits);
        expect(negative || overflow).toBe(false);
        expect(rounded <= target).toBe(true);
        expect(target - rounded <= target >> 15n).toBe(true);
        expect(targetToCompact(rounded)).toBe(bits);
      }),
    );
  });

  test('as a double they are the same number', () => {
    fc.assert(
      fc.property(anyBits(), (bits) => {
        const { target, negative, overflow } = compactToTarget(bits);
        expect(BigInt(compactToNumber(bits))).toBe(negative || overflow ? 0n : target);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Bits of which many are near the limits of the format. */
function anyBits(): fc.Arbitrary<number> {
  const size = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 27, max: 35 }));
  const mantissa = fc.oneof(
    fc.integer({ min: 0, max: 0xffffff }),
    fc.constantFrom(0, 1, 0xff, 0x100, 0xffff, 0x10000, 0x7fffff, 0x800000),
  );
  return fc.tuple(size, mantissa).map(([a, b]) => a * 0x1000000 + b);
}

describe('proof of work', () => {
  // Core src/test/pow_tests.cpp.
  test('a negative target (CheckProofOfWork_test_negative_target)', () => {
    expect(checkProofOfWork(bytesOf(1n), 0x1d80ffff, main)).toBe(false);
  });
  test('a target that overflows (CheckProofOfWork_test_overflow_target)', () => {
    expect(checkProofOfWork(bytesOf(1n), 0xff7fffff, main)).toBe(false);
  });
  test('a target above the limit (CheckProofOfWork_test_too_easy_target)', () => {
    const bits = targetToCompact(main.powLimit * 2n);
    expect(checkProofOfWork(bytesOf(1n), bits, main)).toBe(false);
  });
  test('a hash above the target (CheckProofOfWork_test_biger_hash_than_target)', () => {
    const hash = bytesOf(main.powLimit * 2n);
    expect(checkProofOfWork(hash, targetToCompact(main.powLimit), main)).toBe(false);
  });
  test('a target of zero (CheckProofOfWork_test_zero_target)', () => {
    expect(checkProofOfWork(bytesOf(0n), 0, main)).toBe(false);
  });

  test('the hash may equal the target', () => {
    const { target } = compactToTarget(0x1d00ffff);
    expect(checkProofOfWork(bytesOf(target), 0x1d00ffff, main)).toBe(true);
    expect(checkProofOfWork(bytesOf(target + 1n), 0x1d00ffff, main)).toBe(false);
    expect(checkProofOfWork(bytesOf(target - 1n), 0x1d00ffff, main)).toBe(true);
  });

  test('a limit is rounded down before targets are compared with it', () => {
    // 2^224 is above mainnet's limit by one, and equal to it as a double.
    expect(checkProofOfWork(bytesOf(0n), 0x1d010000, main)).toBe(false);
    expect(checkProofOfWork(bytesOf(0n), 0x1d00ffff, main)).toBe(true);
  });

  test('agrees with arithmetic, for any bits and for hashes on both sides of the target', () => {
    const near = fc.bigInt({ min: -2n, max: 2n });
    const params = fc.constantFrom(...Object.values(networks).map((network) => consensusParams(network)));
    fc.assert(
      fc.property(
        anyBits(),
        near,
        fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
        params,
        (bits, offset, anything, params) => {
          const { target, negative, overflow } = compactToTarget(bits);
          const allowed = !negative && !overflow && target !== 0n && target <= params.powLimit;
          for (const hash of [target + offset, anything % (target + 1n), anything]) {
            if (hash < 0n || hash >= 1n << 256n) continue;
            const expected = allowed && hash <= target;
            expect(checkProofOfWork(bytesOf(hash), bits, params)).toBe(expected);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe('work', () => {
  test('of difficulty 1 is 2^32 and a little (Core chainwork of mainnet block 0)', () => {
    expect(blockProof(0x1d00ffff)).toBe(0x100010001n);
    expect(blockProof(0x207fffff)).toBe(2n);
  });

  test('is 2^256 over the target plus one; nothing for what no block can claim', () => {
    fc.assert(
      fc.property(anyBits(), (bits) => {
        const { target, negative, overflow } = compactToTarget(bits);
        const expected = negative || overflow || target === 0n ? 0n : (1n << 256n) / (target + 1n);
        // Twice: the second answer may come from a cache.
        expect([blockProof(bits), blockProof(bits)]).toEqual([expected, expected]);
      }),
    );
  });

  // Core src/test/pow_tests.cpp, GetBlockProofEquivalentTime_test: 10,000 blocks of bits
  // 0x207fffff, a target spacing apart, so that equivalent time is the time between them.
  test('as time', () => {
    const height = fc.integer({ min: 0, max: 9_999 });
    fc.assert(
      fc.property(height, height, (to, from) => {
        const proof = blockProof(0x207fffff);
        const time = blockProofEquivalentTime(
          BigInt(to) * proof,
          BigInt(from) * proof,
          0x207fffff,
          main,
        );
        expect(time).toBe(BigInt(to - from) * 600n);
      }),
    );
    const huge = blockProofEquivalentTime(1n << 127n, 0n, 0x207fffff, main);
    expect(huge).toBe((1n << 63n) - 1n);
    expect(blockProofEquivalentTime(0n, 1n << 127n, 0x207fffff, main)).toBe(-huge);
    expect(() => blockProofEquivalentTime(1n, 0n, 0, main)).toThrow(RangeError);
  });
});
