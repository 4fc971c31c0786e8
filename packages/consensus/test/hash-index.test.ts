import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { HashIndex } from '../src/hash-index.ts';
import { nativeSha256d } from './support.ts';

/** An index over hashes kept in an array. */
function indexed(salt: bigint): { hashes: Uint8Array[]; index: HashIndex } {
  const hashes: Uint8Array[] = [];
  const index = new HashIndex((value, bytes, offset) => {
    return hashes[value]!.every((byte, i) => byte === bytes[offset + i]);
  }, salt);
  return { hashes, index };
}

function hashOf(number: number): Uint8Array {
  return nativeSha256d(Uint8Array.of(number, number >>> 8, number >>> 16));
}

test('finds all that was inserted, and nothing else, at every size', () => {
  const { hashes, index } = indexed(0x0123456789abcdefn);
  for (let i = 0; i < 3_000; i++) {
    const hash = hashOf(i);
    const before = index.find(hash, 0);
    hashes.push(hash);
    index.insert(hash, 0, i);
    // While a table grows, the numbers are spread over two of them.
    const found = [0, i >>> 1, i].map((at) => index.find(hashes[at]!, 0));
    expect([before, ...found]).toEqual([-1, 0, i >>> 1, i]);
  }
  expect(hashes.map((hash) => index.find(hash, 0))).toEqual([...hashes.keys()]);
  for (let i = 3_000; i < 6_000; i++) expect(index.find(hashOf(i), 0)).toBe(-1);
});

test('reads a hash in the middle of other bytes', () => {
  const { hashes, index } = indexed(1n);
  const bytes = Uint8Array.from({ length: 80 }, (_, i) => i * 7);
  hashes.push(bytes.slice(4, 36));
  index.insert(bytes, 4, 0);
  expect(index.find(bytes, 4)).toBe(0);
  expect(index.find(bytes, 5)).toBe(-1);
});

test('hashes that agree in the 64 bits of the tag are told apart', () => {
  const { hashes, index } = indexed(7n);
  for (let i = 0; i < 200; i++) {
    hashes.push(new Uint8Array(32).fill(i, 8));
    index.insert(hashes[i]!, 0, i);
  }
  for (let i = 0; i < 200; i++) expect(index.find(hashes[i]!, 0)).toBe(i);
  expect(index.find(new Uint8Array(32).fill(200, 8), 0)).toBe(-1);
});

test('stays small: at most 32 bytes a hash from a thousand on', () => {
  const { hashes, index } = indexed(0n);
  let most = 0;
  for (let i = 0; i < 20_000; i++) {
    hashes.push(hashOf(i));
    index.insert(hashes[i]!, 0, i);
    if (i >= 1_000) most = Math.max(most, index.byteLength / (i + 1));
  }
  expect(most).toBeLessThanOrEqual(32);
});

test('a table that has been outgrown is left within a sixth of its insertions', () => {
  const { hashes, index } = indexed(5n);
  const sizes: number[] = [];
  for (let i = 0; i < 3_000; i++) {
    hashes.push(hashOf(i));
    index.insert(hashes[i]!, 0, i);
    sizes.push(index.byteLength);
  }
  // 8 bytes a slot; 1,024 slots are 3/4 full at 768, and left 8 slots at a time.
  expect(sizes[767]).toBe(1_024 * 8);
  expect(sizes[768]).toBe((1_024 + 2_048) * 8);
  expect(sizes[768 + 127]).toBe((1_024 + 2_048) * 8);
  expect(sizes[768 + 128]).toBe(2_048 * 8);
});

test('under any salt, a hash is compared with itself alone', () => {
  const comparisons = (salt: bigint): number => {
    let count = 0;
    const index = new HashIndex(() => {
      count++;
      return true;
    }, salt);
    for (let i = 0; i < 64; i++) index.insert(hashOf(i), 0, i);
    for (let i = 0; i < 64; i++) expect(index.find(hashOf(i), 0)).toBe(i);
    return count;
  };
  const salt = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  fc.assert(
    fc.property(salt, (salt) => expect(comparisons(salt)).toBe(64)),
    { numRuns: 50 },
  );
});
