import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isSecretKey } from '../src/index.ts';
import { hex } from './support/bytes.ts';

// SEC 2 §2.4.1.
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const key = (value: bigint): Uint8Array => hex(value.toString(16).padStart(64, '0'));

test.each([
  [0n, false],
  [1n, true],
  [256n, true],
  [N - 1n, true],
  [N, false],
  [N + 1n, false],
  [2n ** 256n - 1n, false],
])('%s: %s', (value, expected) => {
  expect(isSecretKey(key(value))).toBe(expected);
});

test('only 32 bytes are a key', () => {
  for (const size of [0, 31, 33]) expect(isSecretKey(new Uint8Array(size).fill(1))).toBe(false);
});

test('any number is one just if it is in range', () => {
  const numbers = fc.oneof(
    fc.bigInt(0n, 2n ** 256n - 1n),
    fc.bigInt(-(2n ** 40n), 2n ** 40n).map((difference) => N + difference),
  );
  fc.assert(
    fc.property(numbers, (value) => isSecretKey(key(value)) === (value > 0n && value < N)),
    { numRuns: 500 },
  );
});
