import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isLowS, isStrictDer, nobleVerifier, parseDerLax } from '@btcp2p/script';
import { keyRow } from '../src/key-row.ts';
import { Signer } from '../src/signer.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const keys = keyRow(new Uint8Array(32).fill(0xff), 16);
const signer = new Signer(new Uint8Array(32).fill(7));

describe('signatures', () => {
  test('ECDSA: hold, in strict DER with a low S', () => {
    fc.assert(
      fc.property(bytes32, fc.constantFrom(...keys), (hash, key) => {
        const der = signer.ecdsa(hash, key);
        expect(isStrictDer(Uint8Array.of(...der, 1))).toBe(true);
        const compact = parseDerLax(der)!;
        expect(isLowS(compact)).toBe(true);
        expect(nobleVerifier.verifyEcdsa(compact, hash, key.publicKey)).toBe(true);
        expect(nobleVerifier.verifyEcdsa(compact, hash.map((byte) => byte ^ 1), key.publicKey)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('Schnorr: hold', () => {
    fc.assert(
      fc.property(bytes32, fc.constantFrom(...keys), (hash, key) => {
        const signature = signer.schnorr(hash, key);
        const x = key.publicKey.subarray(1);
        expect(nobleVerifier.verifySchnorr(signature, hash, x)).toBe(true);
        expect(nobleVerifier.verifySchnorr(signature, hash.map((byte) => byte ^ 1), x)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('are the same each time', () => {
    const other = new Signer(new Uint8Array(32).fill(7));
    const hash = new Uint8Array(32).fill(9);
    expect(other.ecdsa(hash, keys[0]!)).toEqual(signer.ecdsa(hash, keys[0]!));
    expect(other.schnorr(hash, keys[0]!)).toEqual(signer.schnorr(hash, keys[0]!));
  });

  test('keys of both parities are among those', () => {
    expect(new Set(keys.map(({ publicKey }) => publicKey[0]))).toEqual(new Set([2, 3]));
  });
});
