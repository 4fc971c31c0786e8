import { expect, test } from '@jest/globals';
import { hashToHex, mainnet, sha256d } from '@btcp2p/wire';
import { nativeSha256d } from '../src/native-sha256d.ts';
import { pattern } from './support.ts';

test('the hash of the mainnet genesis block', () => {
  const hash = nativeSha256d(mainnet.genesis.headerBytes);
  expect(hashToHex(hash)).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
});

test.each([0, 1, 55, 56, 64, 80, 1_000, 1_000_000])('%d bytes: as the one in JavaScript', (length) => {
  const bytes = pattern(length + 3).subarray(3);
  const hash = nativeSha256d(bytes);
  expect(hash).toEqual(sha256d(bytes));
  expect(Object.getPrototypeOf(hash)).toBe(Uint8Array.prototype);
  // A hash that is kept keeps nothing else.
  expect(hash.buffer.byteLength).toBe(32);
});
