import { expect, test } from '@jest/globals';
import { SignatureCache, type SignatureVerifier } from '../src/index.ts';
import { fastHashes, seeded } from './support.ts';

const { sha256 } = fastHashes;
const salt = new Uint8Array(32).fill(9);

/** A verifier that finds signatures with an even first byte to hold, and counts what it is asked. */
function countingVerifier(): SignatureVerifier & { asked: number } {
  return {
    asked: 0,
    verifyEcdsa(signature) {
      this.asked++;
      return signature[0]! % 2 === 0;
    },
    verifySchnorr(signature) {
      this.asked++;
      return signature[0]! % 2 === 0;
    },
    checkTapTweak: () => true,
  };
}

const hash = new Uint8Array(32);
const key = new Uint8Array(33).fill(2);
const signatureOf = (first: number, id = 0): Uint8Array =>
  Uint8Array.from({ length: 64 }, (_, i) => i === 0 ? first : i < 5 ? (id >> (8 * (i - 1))) & 0xff : 0);

test('what holds is asked once, what does not each time', () => {
  const cache = new SignatureCache({ salt, maxBytes: 4_096, sha256 });
  const inner = countingVerifier();
  const verifier = cache.verifier(inner, { store: true });
  for (let i = 0; i < 3; i++) expect(verifier.verifyEcdsa(signatureOf(2), hash, key)).toBe(true);
  expect(inner.asked).toBe(1);
  for (let i = 0; i < 3; i++) expect(verifier.verifyEcdsa(signatureOf(3), hash, key)).toBe(false);
  expect(inner.asked).toBe(4);
  expect(cache.size).toBe(1);
});

test('hash, key, signature, kind and salt all matter', () => {
  const inner = countingVerifier();
  const cache = new SignatureCache({ salt, maxBytes: 4_096, sha256 });
  const verifier = cache.verifier(inner, { store: true });
  verifier.verifyEcdsa(signatureOf(2), hash, key);
  verifier.verifyEcdsa(signatureOf(2), hash.slice().fill(1), key);
  verifier.verifyEcdsa(signatureOf(2), hash, key.slice().fill(3));
  verifier.verifyEcdsa(signatureOf(4), hash, key);
  verifier.verifySchnorr(signatureOf(2), hash, key);
  expect(inner.asked).toBe(5);
  expect(cache.size).toBe(5);
  const other = new SignatureCache({ salt: salt.slice().fill(8), maxBytes: 4_096, sha256 });
  other.verifier(inner, { store: true }).verifyEcdsa(signatureOf(2), hash, key);
  expect(inner.asked).toBe(6);
});

test('a block puts nothing in, and makes room by what it finds', () => {
  const inner = countingVerifier();
  const cache = new SignatureCache({ salt, maxBytes: 256, sha256 });
  expect(cache.capacity).toBe(8);
  const mempool = cache.verifier(inner, { store: true });
  const block = cache.verifier(inner, { store: false });
  block.verifyEcdsa(signatureOf(2, 99), hash, key);
  expect(cache.size).toBe(0);
  for (let id = 0; id < 8; id++) mempool.verifyEcdsa(signatureOf(2, id), hash, key);
  expect(cache.size).toBe(8);
  inner.asked = 0;
  block.verifyEcdsa(signatureOf(2, 3), hash, key);
  expect(inner.asked).toBe(0);
  // The next one takes the place of the one that the block has used up; all others stay.
  mempool.verifyEcdsa(signatureOf(2, 8), hash, key);
  expect(inner.asked).toBe(1);
  for (const id of [0, 1, 2, 4, 5, 6, 7, 8]) block.verifyEcdsa(signatureOf(2, id), hash, key);
  expect(inner.asked).toBe(1);
  block.verifyEcdsa(signatureOf(2, 3), hash, key);
  expect(inner.asked).toBe(2);
});

test('it never grows, and keeps most of what fits', () => {
  const inner = countingVerifier();
  const cache = new SignatureCache({ salt, maxBytes: 64 * 1_024, sha256 });
  const verifier = cache.verifier(inner, { store: true });
  expect(cache.capacity).toBe(2_048);
  for (let id = 0; id < 1_024; id++) verifier.verifyEcdsa(signatureOf(2, id), hash, key);
  inner.asked = 0;
  for (let id = 0; id < 1_024; id++) verifier.verifyEcdsa(signatureOf(2, id), hash, key);
  expect(inner.asked).toBeLessThan(40);
  for (let id = 0; id < 20_000; id++) verifier.verifyEcdsa(signatureOf(2, id), hash, key);
  expect(cache.size).toBeLessThanOrEqual(cache.capacity);
  expect(cache.size).toBeGreaterThan(2_000);
});

test('agrees with the verifier behind it, whatever the order', () => {
  const random = seeded(5);
  const cache = new SignatureCache({ salt, maxBytes: 512, sha256 });
  const caching = [true, false].map((store) => cache.verifier(countingVerifier(), { store }));
  for (let i = 0; i < 5_000; i++) {
    const signature = signatureOf(random(256), random(10));
    const verifier = caching[random(2)]!;
    const expected = signature[0]! % 2 === 0;
    const verify = random(2) ? verifier.verifyEcdsa : verifier.verifySchnorr;
    expect(verify(signature, hash, key)).toBe(expected);
  }
});

test('what it is made with must make sense', () => {
  expect(() => new SignatureCache({ salt: new Uint8Array(31) })).toThrow(RangeError);
  expect(() => new SignatureCache({ salt, maxBytes: 255 })).toThrow(RangeError);
  expect(() => new SignatureCache({ salt, maxBytes: NaN })).toThrow(RangeError);
  expect(new SignatureCache({ salt }).capacity).toBe(524_288);
});
