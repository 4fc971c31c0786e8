import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Sha256d } from '@btcp2p/wire';
import { merkleRoot } from '../src/index.ts';
import { nativeSha256d } from './support.ts';

const hash32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** The definition, with an array for each node (Core's oldest, before CVE-2012-2459 was known). */
function naiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return new Uint8Array(32);
  if (hashes.length === 1) return hashes[0]!;
  const row: Uint8Array[] = [];
  for (let i = 0; i < hashes.length; i += 2) {
    const pair = [...hashes[i]!, ...(hashes[i + 1] ?? hashes[i]!)];
    row.push(nativeSha256d(Uint8Array.from(pair)));
  }
  return naiveRoot(row);
}

function leaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => nativeSha256d(Uint8Array.of(i, i >>> 8)));
}

/** How many of the last hashes can be repeated without changing the root. */
function repeatable(count: number): number {
  return count & -count;
}

describe('merkle root', () => {
  test('agrees with the definition', () => {
    fc.assert(
      fc.property(fc.array(hash32, { maxLength: 70 }), (hashes) => {
        const { root } = merkleRoot(hashes, nativeSha256d);
        expect([...root]).toEqual([...naiveRoot(hashes)]);
      }),
    );
  });

  test('is the same, and as mutated, where a whole row is hashed at once', () => {
    const pairs = (row: Uint8Array): Uint8Array => {
      const hashes = new Uint8Array(row.length / 2);
      for (let at = 0; at < row.length; at += 64) {
        hashes.set(nativeSha256d(row.subarray(at, at + 64)), at / 2);
      }
      return hashes;
    };
    const atOnce: Sha256d = Object.assign((bytes: Uint8Array) => nativeSha256d(bytes), { pairs });
    // Few different hashes, so that neighbours are often equal.
    const repeating = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(repeating, (numbers) => {
        const hashes = numbers.map((number) => new Uint8Array(32).fill(number));
        expect(merkleRoot(hashes, atOnce)).toEqual(merkleRoot(hashes, nativeSha256d));
      }),
    );
  });

  test('leaves its input alone, and gives fresh bytes', () => {
    const hashes = leaves(3);
    const before = hashes.map((hash) => hash.slice());
    const { root } = merkleRoot(hashes.slice(0, 1), nativeSha256d);
    root.fill(0);
    merkleRoot(hashes, nativeSha256d);
    expect(hashes).toEqual(before);
  });

  test('works with the default hash', () => {
    expect([...merkleRoot(leaves(5)).root]).toEqual([...naiveRoot(leaves(5))]);
  });

  // As Core src/test/merkle_tests.cpp: the last 2^k of a list can be repeated up to three times
  // over, and the root does not change.
  test('repeated ends have the same root, and are seen (CVE-2012-2459)', () => {
    for (const count of [...Array(17).keys(), 25, 31, 100, 177]) {
      const original = leaves(count);
      const { root, mutated } = merkleRoot(original, nativeSha256d);
      expect(mutated).toBe(false);
      const hashes = [...original];
      for (let round = 0; round < 3; round++) {
        const repeated = repeatable(hashes.length);
        // Repeating all of them adds a level.
        if (hashes.length === 0 || repeated >= hashes.length) break;
        hashes.push(...hashes.slice(-repeated));
        const other = merkleRoot(hashes, nativeSha256d);
        expect(other.mutated).toBe(true);
        expect([...other.root]).toEqual([...root]);
      }
    }
  });

  test('two equal neighbours in the middle are seen too', () => {
    const hashes = leaves(8);
    expect(
      merkleRoot([hashes[0]!, hashes[1]!, hashes[2]!, hashes[2]!], nativeSha256d).mutated,
    ).toBe(true);
    // Equal, but not below one node.
    expect(
      merkleRoot([hashes[0]!, hashes[1]!, hashes[1]!, hashes[2]!], nativeSha256d).mutated,
    ).toBe(false);
    // Equal pairs.
    const [a, b] = [hashes[0]!, hashes[1]!];
    expect(merkleRoot([a, b, a, b, ...hashes.slice(2, 6)], nativeSha256d).mutated).toBe(true);
  });
});
