import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { elligatorSwift as other } from '@scure/btc-signer/p2p.js';
import { fromHex } from '@btcp2p/testdata';
import * as fc from 'fast-check';
import { FIELD_ORDER, modulo, readInteger } from '../src/ellswift-field.ts';
import { xswiftec, xswiftecInv } from '../src/ellswift-map.ts';
import { ellSwift, ellswiftDecode, ellswiftEncode, nobleEllSwift } from '../src/ellswift.ts';
import { nobleSecp256k1 } from '../src/noble-secp256k1.ts';
import type { RandomSource } from '../src/random-source.ts';
import type { Secp256k1 } from '../src/secp256k1.ts';

const CURVE_ORDER = secp256k1.Point.Fn.ORDER;
const CASES = [0, 1, 2, 3, 4, 5, 6, 7];

const element = fc.bigInt({ min: 1n, max: FIELD_ORDER - 1n });
const scalar = fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n });
const seed = fc.nat();
/** An X coordinate on the curve. */
const onCurve = fc.tuple(element, element).map(([u, t]) => xswiftec(u, t));

/** Repeatable random bytes: SHA-256 of a seed and a counter. */
function seeded(value: number): RandomSource {
  let counter = 0;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 32) {
        const block = createHash('sha256').update(`${value}/${counter++}`).digest();
        bytes.set(block.subarray(0, length - at), at);
      }
      return bytes;
    },
  };
}

function bytesOf(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}

/** The X coordinate of a scalar times the generator, by noble alone. */
function publicX(secretKey: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(secretKey).slice(1);
}

/** The cases in which u's and x's t is the given one. */
function casesOf(encoded: Uint8Array, x: bigint): number[] {
  const [u, t] = [readInteger(encoded), readInteger(encoded, 32)];
  return CASES.filter((ellCase) => xswiftecInv(x, u, ellCase) === t);
}

describe('xswiftec and xswiftecInv', () => {
  test('the t of every case is mapped back, and no two are the same', () => {
    fc.assert(
      fc.property(element, onCurve, (u, x) => {
        const found = CASES.map((ellCase) => xswiftecInv(x, u, ellCase));
        const present = found.filter((t) => t !== undefined);
        for (const t of present) expect(xswiftec(u, t)).toBe(x);
        expect(new Set(present).size).toBe(present.length);
        // A case and the one four on have t and -t.
        for (const [ellCase, t] of found.slice(0, 4).entries()) {
          expect(found[ellCase + 4]).toBe(t === undefined ? undefined : FIELD_ORDER - t);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('every t is that of exactly one case', () => {
    const found = new Set<number>();
    fc.assert(
      fc.property(element, element, (u, t) => {
        const x = xswiftec(u, t);
        const cases = CASES.filter((ellCase) => xswiftecInv(x, u, ellCase) === t);
        expect(cases).toHaveLength(1);
        found.add(cases[0] as number);
      }),
      { numRuns: 300 },
    );
    expect([...found].sort()).toEqual(CASES);
  });

  test('u = x has no t that makes x the first candidate', () => {
    fc.assert(
      fc.property(onCurve, (x) => {
        for (const ellCase of [2, 3, 6, 7]) expect(xswiftecInv(x, x, ellCase)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  test('u is a cube root of unity times x: the fraction without a value is not looked at', () => {
    // (-1 + sqrt(-3)) / 2, with the root that BIP 324 calls c.
    const c = 0xa2d2ba93507f1df233770c2a797962cc61f6d15da14ecd47d8d27ae1cd5f852n;
    const unity = modulo((c - 1n) * ((FIELD_ORDER + 1n) / 2n));
    expect(unity ** 3n % FIELD_ORDER).toBe(1n);
    fc.assert(
      fc.property(onCurve, (x) => {
        for (const u of [(x * unity) % FIELD_ORDER, (x * unity * unity) % FIELD_ORDER]) {
          for (const ellCase of [0, 1, 4, 5]) expect(xswiftecInv(x, u, ellCase)).toBeUndefined();
        }
      }),
      { numRuns: 20 },
    );
  });

  test('what is not below p, and what would have no image, is replaced', () => {
    fc.assert(
      fc.property(element, (a) => {
        expect(xswiftec(0n, a)).toBe(xswiftec(1n, a));
        expect(xswiftec(a, 0n)).toBe(xswiftec(a, 1n));
        // u^3 + t^2 + 7 = 0, for those u that have such a t.
        const t = nobleSecp256k1.sqrt(modulo(-(a ** 3n + 7n)));
        if (t !== undefined) expect(xswiftec(a, t)).toBe(xswiftec(a, modulo(2n * t)));
      }),
      { numRuns: 50 },
    );
    const small = new Uint8Array(64);
    small[31] = 5;
    small[63] = 6;
    const large = new Uint8Array([...bytesOf(FIELD_ORDER + 5n), ...bytesOf(FIELD_ORDER + 6n)]);
    expect(ellswiftDecode(large)).toEqual(ellswiftDecode(small));
  });
});

describe('encoding', () => {
  test('is decoded to the X coordinate of the public key', () => {
    fc.assert(
      fc.property(scalar, seed, (key, value) => {
        const secretKey = bytesOf(key);
        const x = publicX(secretKey);
        expect(ellswiftDecode(nobleEllSwift.create(secretKey, seeded(value)))).toEqual(x);
        expect(ellswiftDecode(ellswiftEncode(x, seeded(value)))).toEqual(x);
      }),
    );
  });

  test('takes all cases equally often, and bits that are 0 and 1 equally often', () => {
    const runs = 1_000;
    const rng = seeded(324);
    const x = publicX(bytesOf(324n));
    const counts = CASES.map(() => 0);
    const ones = Array.from({ length: 512 }, () => 0);
    for (let run = 0; run < runs; run++) {
      const encoded = ellswiftEncode(x, rng);
      const cases = casesOf(encoded, readInteger(x));
      expect(cases).toHaveLength(1);
      counts[cases[0] as number]!++;
      for (let bit = 0; bit < 512; bit++) {
        ones[bit]! += ((encoded[bit >> 3] as number) >> (bit & 7)) & 1;
      }
    }
    // Five standard deviations. The seed is fixed: this passes or fails for good.
    const deviation = (p: number) => 5 * Math.sqrt(runs * p * (1 - p));
    for (const count of counts) expect(Math.abs(count - runs / 8)).toBeLessThan(deviation(1 / 8));
    for (const count of ones) expect(Math.abs(count - runs / 2)).toBeLessThan(deviation(1 / 2));
  });

  test('draws u again if it is 0 or not below p', () => {
    const draws = [new Uint8Array(33), new Uint8Array(33).fill(0xff)];
    draws.push(Uint8Array.of(...bytesOf(FIELD_ORDER), 0));
    const honest = seeded(7);
    const x = publicX(bytesOf(9n));
    const encoded = ellswiftEncode(x, { bytes: (length) => draws.shift() ?? honest.bytes(length) });
    expect(draws).toHaveLength(0);
    expect(encoded).toEqual(ellswiftEncode(x, seeded(7)));
  });

  test('gives up on a source that is stuck', () => {
    const stuck = { bytes: (length: number) => new Uint8Array(length) };
    expect(() => nobleEllSwift.create(bytesOf(1n), stuck)).toThrow('not random');
  });

  test('refuses what is not on the curve', () => {
    const rng = seeded(0);
    expect(() => ellswiftEncode(bytesOf(5n), rng)).toThrow(RangeError); // 132 is no square
    expect(() => ellswiftEncode(bytesOf(FIELD_ORDER + 1n), rng)).toThrow(RangeError);
    expect(() => ellswiftEncode(new Uint8Array(31), rng)).toThrow(RangeError);
    expect(ellswiftDecode(ellswiftEncode(bytesOf(1n), rng))).toEqual(bytesOf(1n));
  });
});

describe('xdh', () => {
  test('both sides come to the same, which is that of plain ECDH', () => {
    fc.assert(
      fc.property(scalar, scalar, seed, (a, b, value) => {
        const rng = seeded(value);
        const [ours, theirs] = [bytesOf(a), bytesOf(b)];
        const shared = nobleEllSwift.xdh(ours, nobleEllSwift.create(theirs, rng));
        expect(nobleEllSwift.xdh(theirs, nobleEllSwift.create(ours, rng))).toEqual(shared);
        const plain = secp256k1.getSharedSecret(ours, secp256k1.getPublicKey(theirs));
        expect(shared).toEqual(plain.slice(1));
      }),
      { numRuns: 40 },
    );
  });

  test('any 64 bytes are a key', () => {
    const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(bytes, scalar, (theirs, key) => {
        const shared = nobleEllSwift.xdh(bytesOf(key), theirs);
        expect(shared).toEqual(other.getSharedSecret(bytesOf(key), theirs));
      }),
      { numRuns: 40 },
    );
  });

  test('the smallest and the largest secret key', () => {
    const theirs = nobleEllSwift.create(bytesOf(77n), seeded(1));
    for (const key of [1n, CURVE_ORDER - 1n]) {
      const secretKey = bytesOf(key);
      // Plus and minus the same point.
      expect(nobleEllSwift.xdh(secretKey, theirs)).toEqual(publicX(bytesOf(77n)));
      const encoded = nobleEllSwift.create(secretKey, seeded(2));
      expect(ellswiftDecode(encoded)).toEqual(bytesOf(secp256k1.Point.BASE.x));
    }
  });

  test('what is not a secret key, or not 64 bytes, is refused', () => {
    const theirs = nobleEllSwift.create(bytesOf(1n), seeded(3));
    const bad = [bytesOf(0n), bytesOf(CURVE_ORDER), bytesOf(CURVE_ORDER + 1n)];
    bad.push(new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1));
    for (const secretKey of bad) {
      expect(() => nobleEllSwift.create(secretKey, seeded(4))).toThrow(RangeError);
      expect(() => nobleEllSwift.xdh(secretKey, theirs)).toThrow(RangeError);
    }
    for (const length of [0, 63, 65]) {
      expect(() => nobleEllSwift.xdh(bytesOf(1n), new Uint8Array(length))).toThrow(RangeError);
    }
  });
});

describe('against @scure/btc-signer', () => {
  test('each decodes what the other encodes', () => {
    fc.assert(
      fc.property(scalar, seed, (key, value) => {
        const x = publicX(bytesOf(key));
        expect(other.decode(nobleEllSwift.create(bytesOf(key), seeded(value)))).toEqual(x);
        expect(ellswiftDecode(other.encode(readInteger(x)))).toEqual(x);
      }),
      { numRuns: 60 },
    );
  });

  test('random bytes stand for the same', () => {
    const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(bytes, (encoded) => {
        expect(ellswiftDecode(encoded)).toEqual(other.decode(encoded));
      }),
      { numRuns: 300 },
    );
  });

  test('the t of every case is the same', () => {
    const { _inv: otherInverse } = other;
    fc.assert(
      fc.property(element, onCurve, (u, x) => {
        for (const ellCase of CASES) {
          expect(xswiftecInv(x, u, ellCase)).toBe(otherInverse(x, u, ellCase));
        }
      }),
    );
  });

  test('shared secrets are the same', () => {
    fc.assert(
      fc.property(scalar, seed, (key, value) => {
        const secretKey = bytesOf(key);
        const ours = nobleEllSwift.create(secretKey, seeded(value));
        const theirs = other.keygen();
        const shared = nobleEllSwift.xdh(secretKey, theirs.publicKey);
        expect(shared).toEqual(other.getSharedSecret(secretKey, theirs.publicKey));
        expect(shared).toEqual(other.getSharedSecret(theirs.privateKey, ours));
      }),
      { numRuns: 20 },
    );
  });
});

describe('with other operations', () => {
  /** Counts the slow ones. */
  function counting(): { operations: Secp256k1; calls: { sqrt: number; invert: number } } {
    const calls = { sqrt: 0, invert: 0 };
    const operations: Secp256k1 = {
      sqrt: (a) => (calls.sqrt++, nobleSecp256k1.sqrt(a)),
      invert: (a) => (calls.invert++, nobleSecp256k1.invert(a)),
      publicX: nobleSecp256k1.publicX,
      multiplyX: nobleSecp256k1.multiplyX,
    };
    return { operations, calls };
  }

  test('that cannot tell squares: the results are the same', () => {
    const { operations } = counting();
    const swift = ellSwift(operations);
    for (let key = 1; key <= 10; key++) {
      const secretKey = bytesOf(BigInt(key));
      const encoded = swift.create(secretKey, seeded(key));
      expect(encoded).toEqual(nobleEllSwift.create(secretKey, seeded(key)));
      expect(swift.xdh(secretKey, encoded)).toEqual(nobleEllSwift.xdh(secretKey, encoded));
    }
  });

  test('encoding takes two roots, or a root and an inversion; decoding takes an inversion', () => {
    const costs = new Set<string>();
    for (let value = 0; value < 40; value++) {
      const { operations, calls } = counting();
      const encoded = ellswiftEncode(publicX(bytesOf(5n)), seeded(value), operations);
      costs.add(`${calls.sqrt} ${calls.invert}`);
      Object.assign(calls, { sqrt: 0, invert: 0 });
      ellswiftDecode(encoded, operations);
      expect(calls).toEqual({ sqrt: 0, invert: 1 });
    }
    expect([...costs].sort()).toEqual(['1 1', '2 0']);
  });

  test('that contradict themselves: an error, not a wrong key', () => {
    const broken: Secp256k1 = { ...nobleSecp256k1, sqrt: () => undefined };
    expect(() => ellSwift(broken).create(bytesOf(1n), seeded(1))).toThrow('disagree');
  });
});
