// Against golomb, the filters of bcoin's author.
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { installGolomb, loadGolomb, type Golomb } from '@btcp2p/bcoin-peer';
import { toHex } from '@btcp2p/wire';
import { BASIC_FILTER_P, filterHash, filterHeader, GcsFilter } from '../src/index.ts';

function canInstall(): boolean {
  try {
    installGolomb();
    return true;
  } catch (error) {
    console.warn('skipped: needs golomb, and the npm registry to install it from\n', error);
    return false;
  }
}

const isHere = canInstall();

(isHere ? describe : describe.skip)('golomb', () => {
  // jest calls this even if it skips the tests.
  const { buffer, fromItems, fromNBytes } = isHere ? loadGolomb() : ({} as Golomb);
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const elements = (maxLength: number): fc.Arbitrary<Uint8Array[]> =>
    fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength });

  test('makes the same filters, hashes and headers', () => {
    fc.assert(fc.property(key, elements(60), (hash, list) => {
      const ours = GcsFilter.of(list, hash);
      const theirs = fromItems(BASIC_FILTER_P, buffer(hash).subarray(0, 16), list.map(buffer));
      expect(toHex(ours.bytes)).toBe(toHex(theirs.toNBytes()));
      expect(ours.count).toBe(theirs.n);
      expect(toHex(filterHash(ours.bytes))).toBe(toHex(theirs.hash()));
      const header = filterHeader(filterHash(ours.bytes), hash);
      expect(toHex(header)).toBe(toHex(theirs.header(buffer(hash))));
    }), { numRuns: 200 });
  });

  test('makes the same filter of 10,000 elements', () => {
    const hash = new Uint8Array(32).fill(7);
    const list = Array.from({ length: 10_000 }, (_, i) => Uint8Array.of(i, i >> 8, i >> 16, 1));
    const theirs = fromItems(BASIC_FILTER_P, buffer(hash).subarray(0, 16), list.map(buffer));
    expect(toHex(GcsFilter.of(list, hash).bytes)).toBe(toHex(theirs.toNBytes()));
  });

  test('finds the same matches', () => {
    fc.assert(fc.property(key, elements(30), elements(10), fc.nat(40), (hash, list, others, from) => {
      // Some of them are in the filter, some are not.
      const wanted = [...list.slice(from), ...others];
      const ours = GcsFilter.decode(GcsFilter.of(list, hash).bytes, hash);
      const theirs = fromNBytes(BASIC_FILTER_P, buffer(ours.bytes));
      const theirKey = buffer(hash).subarray(0, 16);
      for (const one of wanted) {
        expect(ours.match(one)).toBe(theirs.n > 0 && theirs.match(theirKey, buffer(one)));
      }
      if (wanted.length === 0 || theirs.n === 0) return;
      expect(ours.matchAny(wanted)).toBe(theirs.matchAny(theirKey, wanted.map(buffer)));
    }), { numRuns: 200 });
  });
});
