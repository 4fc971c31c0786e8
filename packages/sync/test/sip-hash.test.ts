import { expect, test } from '@jest/globals';
import { sipHash } from '../src/sip-hash.ts';

// The vector of 32 bytes of the SipHash reference code, as in Core test/hash_tests.cpp.
test('the reference vector for an input of 32 bytes', () => {
  const hash = Uint8Array.from({ length: 32 }, (_, i) => i);
  const digest = sipHash(0x0706050403020100n, 0x0f0e0d0c0b0a0908n, hash);
  expect(digest).toBe(0x7127512f72f27ccen);
});

test('depends on each bit of key and input', () => {
  const hash = new Uint8Array(32);
  const seen = new Set([sipHash(0n, 0n, hash)]);
  for (let bit = 0n; bit < 64n; bit++) {
    seen.add(sipHash(1n << bit, 0n, hash));
    seen.add(sipHash(0n, 1n << bit, hash));
  }
  for (let bit = 0; bit < 256; bit++) {
    const flipped = hash.slice();
    flipped[bit >> 3] = 1 << (bit & 7);
    seen.add(sipHash(0n, 0n, flipped));
  }
  expect(seen.size).toBe(1 + 128 + 256);
});

test('reads its input where it lies in a larger buffer', () => {
  const hash = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);
  const padded = new Uint8Array(50);
  padded.set(hash, 5);
  expect(sipHash(1n, 2n, padded.subarray(5, 37))).toBe(sipHash(1n, 2n, hash));
});
