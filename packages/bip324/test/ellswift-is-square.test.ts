import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { FIELD_ORDER, modulo, readInteger, writeInteger } from '../src/ellswift-field.ts';
import { isSquare } from '../src/ellswift-is-square.ts';
import { nobleSecp256k1 } from '../src/noble-secp256k1.ts';

const element = fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n });

function hasRoot(a: bigint): boolean {
  const root = nobleSecp256k1.sqrt(a);
  if (root !== undefined) expect((root * root) % FIELD_ORDER).toBe(a);
  return root !== undefined;
}

describe('isSquare', () => {
  test('whether there is a root', () => {
    fc.assert(
      fc.property(element, (a) => isSquare(a) === hasRoot(a)),
      { numRuns: 2_000 },
    );
  });

  test('every square is one, and no square times -1', () => {
    // p = 3 (mod 4), hence -1 is no square.
    fc.assert(
      fc.property(element.filter((a) => a !== 0n), (a) => {
        const square = (a * a) % FIELD_ORDER;
        expect(isSquare(square)).toBe(true);
        expect(isSquare(FIELD_ORDER - square)).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });

  test('the smallest, the largest, and those next to powers of two', () => {
    const elements = [];
    for (let a = 0n; a < 500n; a++) elements.push(a, FIELD_ORDER - 1n - a);
    for (let bit = 9n; bit < 256n; bit++) {
      for (const offset of [-1n, 0n, 1n]) elements.push(modulo((1n << bit) + offset));
    }
    for (const a of elements) expect([a, isSquare(a)]).toEqual([a, hasRoot(a)]);
  });

  test('without the batches that it needs, Euler’s criterion comes to the same', () => {
    fc.assert(fc.property(element, (a) => isSquare(a, 3) === isSquare(a)));
  });
});

describe('nobleSecp256k1', () => {
  test('a root is a square itself', () => {
    fc.assert(
      fc.property(element, (a) => {
        const root = nobleSecp256k1.sqrt((a * a) % FIELD_ORDER) as bigint;
        expect([a, modulo(-a)]).toContain(root);
        expect(isSquare(root)).toBe(true);
      }),
    );
  });

  test('inverses; that of 0 is 0', () => {
    expect(nobleSecp256k1.invert(0n)).toBe(0n);
    fc.assert(
      fc.property(element.filter((a) => a !== 0n), (a) => {
        expect((nobleSecp256k1.invert(a) * a) % FIELD_ORDER).toBe(1n);
      }),
    );
  });
});

describe('integers', () => {
  test('are read as they were written, at any offset', () => {
    const uint256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
    fc.assert(
      fc.property(uint256, fc.nat({ max: 9 }), (value, offset) => {
        // A view into the middle of a buffer, with bytes around the integer that have to stay.
        const bytes = new Uint8Array(64).fill(0xa5).subarray(3);
        writeInteger(value, bytes, offset);
        expect(readInteger(bytes, offset)).toBe(value);
        const hex = Buffer.from(bytes).toString('hex');
        const digits = value.toString(16).padStart(64, '0');
        expect(hex).toBe('a5'.repeat(offset) + digits + 'a5'.repeat(29 - offset));
      }),
    );
  });
});
