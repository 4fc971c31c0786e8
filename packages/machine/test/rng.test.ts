import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SeededRng } from '../src/index.ts';

const MASK_32 = 0xffff_ffffn;
const rotl32 = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & MASK_32;

/** xoshiro128** as its authors define it (https://prng.di.unimi.it/xoshiro128starstar.c). */
class Xoshiro128StarStar {
  readonly #s: [bigint, bigint, bigint, bigint];

  constructor(state: readonly [bigint, bigint, bigint, bigint]) {
    this.#s = [...state];
  }

  next(): bigint {
    const s = this.#s;
    const result = (rotl32((s[1] * 5n) & MASK_32, 7n) * 9n) & MASK_32;
    const t = (s[1] << 9n) & MASK_32;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl32(s[3], 11n);
    return result;
  }
}

/** SplitMix64 (https://prng.di.unimi.it/splitmix64.c): its first `count` outputs. */
function splitMix64(seed: bigint, count: number): bigint[] {
  const outputs: bigint[] = [];
  let x = seed;
  for (let i = 0; i < count; i++) {
    x = BigInt.asUintN(64, x + 0x9e3779b97f4a7c15n);
    let z = x;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    outputs.push(z ^ (z >> 31n));
  }
  return outputs;
}

/** What `SeededRng` says it is: xoshiro128** from two outputs of SplitMix64, high halves first. */
function reference(seed: bigint): Xoshiro128StarStar {
  const [a, b] = splitMix64(BigInt.asUintN(64, seed), 2) as [bigint, bigint];
  return new Xoshiro128StarStar([a >> 32n, a & MASK_32, b >> 32n, b & MASK_32]);
}

describe('the reference in this file', () => {
  test('SplitMix64 gives the published outputs', () => {
    // https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64, seed 1234567.
    expect(splitMix64(1234567n, 5)).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  test('xoshiro128** gives the published outputs', () => {
    // rand_xoshiro's test of Xoshiro128StarStar, made with the authors' C code: state 1, 2, 3, 4.
    const generator = new Xoshiro128StarStar([1n, 2n, 3n, 4n]);
    expect(Array.from({ length: 10 }, () => generator.next())).toEqual([
      11520n,
      0n,
      5927040n,
      70819200n,
      2031721883n,
      1637235492n,
      1287239034n,
      3734860849n,
      3729100597n,
      4258142804n,
    ]);
  });
});

describe('SeededRng', () => {
  test('draws what xoshiro128** draws', () => {
    for (const seed of [0n, 1n, 1234567n, 0x5eedn, 2n ** 63n, 2n ** 64n - 1n]) {
      const rng = new SeededRng(seed);
      const expected = reference(seed);
      for (let i = 0; i < 1_000; i++) expect(rng.u32()).toBe(Number(expected.next()));
    }
  });

  test('u64 is two draws, the first on top', () => {
    const rng = new SeededRng(7n);
    const expected = reference(7n);
    for (let i = 0; i < 100; i++) {
      const high = expected.next();
      expect(rng.u64()).toBe((high << 32n) | expected.next());
    }
  });

  test('bytes are draws, little-endian, cut at the end', () => {
    for (let length = 0; length < 40; length++) {
      const expected = reference(9n);
      const words = Array.from({ length: Math.ceil(length / 4) }, () => Number(expected.next()));
      const bytes = words.flatMap((w) => [w & 0xff, (w >>> 8) & 0xff, (w >>> 16) & 0xff, w >>> 24]);
      expect([...new SeededRng(9n).bytes(length)]).toEqual(bytes.slice(0, length));
    }
  });

  test('bytes come in a fresh array', () => {
    const rng = new SeededRng(1n);
    expect(rng.bytes(8).buffer).not.toBe(rng.bytes(8).buffer);
    expect(rng.bytes(8).buffer.byteLength).toBe(8);
  });

  test('a wider seed counts by its low 64 bits', () => {
    expect(new SeededRng(2n ** 64n + 5n).u64()).toBe(new SeededRng(5n).u64());
    expect(new SeededRng(-1n).u64()).toBe(new SeededRng(2n ** 64n - 1n).u64());
  });
});

describe('below', () => {
  test('stays below any limit', () => {
    const limit = fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 2 ** 53 - 1 })
    );
    fc.assert(
      fc.property(limit, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (limit, seed) => {
        const draw = new SeededRng(seed).below(limit);
        expect(Number.isInteger(draw) && draw >= 0 && draw < limit).toBe(true);
      })
    );
  });

  test('takes 1, 2^32 and 2^53', () => {
    const rng = new SeededRng(3n);
    const expected = reference(3n);
    expect(rng.below(1)).toBe(0);
    expected.next();
    expect(rng.below(2 ** 32)).toBe(Number(expected.next()));
    const high = Number(expected.next() >> 11n);
    expect(rng.below(2 ** 53)).toBe(high * 2 ** 32 + Number(expected.next()));
  });

  test.each([0, -1, 0.5, 1.5, NaN, Infinity, -Infinity, 2 ** 53 + 2, 2 ** 64])(
    'refuses %p',
    (limit) => {
      expect(() => new SeededRng(1n).below(limit)).toThrow(RangeError);
    }
  );

  /** Pearson's statistic of `draws` draws in `cells` equal cells of [0, limit). */
  function chiSquare(limit: number, cells: number, draws: number): number {
    const rng = new SeededRng(0xc415c0a7en);
    const counts = Array.from({ length: cells }, () => 0);
    for (let i = 0; i < draws; i++) counts[Math.floor(rng.below(limit) / (limit / cells))]! += 1;
    const expected = draws / cells;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  }

  // With the seed fixed these are constants. The bounds are the 99.9% quantiles of chi-square.
  test.each([
    ['a small limit', 10, 10, 27.9],
    ['a limit that is no power of two', 1_000, 100, 148.3],
    // Without rejection the first third would get half of the draws: 2^32 mod (3 * 2^30) = 2^30.
    ['three quarters of 2^32', 3 * 2 ** 30, 3, 13.9],
    ['2^32', 2 ** 32, 64, 103.5],
    ['three quarters of 2^53', 3 * 2 ** 51, 3, 13.9],
    ['2^53', 2 ** 53, 64, 103.5],
  ])('is uniform: %s', (_name, limit, cells, bound) => {
    expect(chiSquare(limit, cells, 60_000)).toBeLessThan(bound);
  });
});

describe('fork', () => {
  const first = (rng: SeededRng): bigint => rng.u64();

  test('depends on the seed and the label alone', () => {
    const drawn = new SeededRng(11n);
    for (let i = 0; i < 50; i++) drawn.u32();
    drawn.fork('another');
    expect(first(drawn.fork('peer/1'))).toBe(first(new SeededRng(11n).fork('peer/1')));
    expect(first(new SeededRng(12n).fork('peer/1'))).not.toBe(
      first(new SeededRng(11n).fork('peer/1'))
    );
  });

  test('does not move the parent', () => {
    const [forked, plain] = [new SeededRng(11n), new SeededRng(11n)];
    forked.fork('x').bytes(100);
    expect(forked.bytes(100)).toEqual(plain.bytes(100));
  });

  test('gives each label, and each path of labels, its own stream', () => {
    const root = new SeededRng(5n);
    const seen = new Set<bigint>([first(new SeededRng(5n))]);
    for (let i = 0; i < 10_000; i++) seen.add(first(root.fork(`peer/${i}`)));
    for (const label of ['', 'a', 'b', 'ab', 'ba', '\u0100', '\u0001\u0000'])
      seen.add(first(root.fork(label)));
    seen.add(first(root.fork('a').fork('b')));
    seen.add(first(root.fork('b').fork('a')));
    expect(seen.size).toBe(1 + 10_000 + 7 + 2);
  });

  test('parent and children share no bits beyond chance', () => {
    const root = new SeededRng(5n);
    const streams = [new SeededRng(5n), root.fork('a'), root.fork('b'), root.fork('a').fork('a')];
    const draws = streams.map((rng) => rng.bytes(8_192));
    for (const [i, a] of draws.entries()) {
      for (const b of draws.slice(i + 1)) {
        let equal = 0;
        for (let at = 0; at < a.length; at++) {
          for (let x = ~(a[at]! ^ b[at]!) & 0xff; x !== 0; x &= x - 1) equal++;
        }
        // 65,536 bits: 32,768 are equal by chance, with a standard deviation of 128.
        expect(Math.abs(equal - 32_768)).toBeLessThan(4 * 128);
      }
    }
  });
});
