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

// Batches hold 1,024 messages of 32 bytes, or 512 of 64, and work on four at a time.
const COUNTS = [0, 1, 3, 4, 5, 511, 512, 513, 1_023, 1_024, 1_025, 2_050];

test.each(COUNTS)('%d messages at once: as one by one', (count) => {
  const bytes = pattern(count + 300);
  const messages = Array.from({ length: count }, (_, i) => bytes.subarray(i, i + ((7 * i) % 300)));
  expect(nativeSha256d.many!(messages)).toEqual(messages.map((message) => sha256d(message)));
});

test.each(COUNTS)('a row of %d pairs of hashes: as one by one', (count) => {
  const row = pattern(64 * count + 1).subarray(1);
  const hashes = nativeSha256d.pairs!(row);
  expect(hashes.length).toBe(32 * count);
  for (let i = 0; i < count; i++) {
    const expected = sha256d(row.subarray(64 * i, 64 * i + 64));
    expect(hashes.subarray(32 * i, 32 * i + 32)).toEqual(expected);
  }
});

test('results stay as they are when others are computed', () => {
  const first = nativeSha256d.many!([Uint8Array.of(1), Uint8Array.of(2)]);
  const row = nativeSha256d.pairs!(new Uint8Array(64));
  nativeSha256d.many!([Uint8Array.of(3), Uint8Array.of(4)]);
  nativeSha256d.pairs!(new Uint8Array(128).fill(5));
  expect(first).toEqual([sha256d(Uint8Array.of(1)), sha256d(Uint8Array.of(2))]);
  expect(row).toEqual(sha256d(new Uint8Array(64)));
});
