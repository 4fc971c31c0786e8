import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_MONEY } from '@btcp2p/consensus';
import { decode, DecodeError, encode, regtest, toHex } from '@btcp2p/wire';
import {
  CoinsStore,
  MemoryStore,
  SNAPSHOT_METADATA_SIZE,
  SnapshotDecoder,
  SnapshotEncoder,
  SnapshotMetadata,
  type CoinEntry,
} from '../src/index.ts';
import { makeCoin } from './support.ts';

const metadata: SnapshotMetadata = {
  magic: regtest.magic,
  baseBlockHash: new Uint8Array(32).fill(7),
  coinsCount: 3n,
};

const entry = (id: number, index: number, changes = {}): CoinEntry => (
  { outpoint: { txid: new Uint8Array(32).fill(id), index }, coin: makeCoin(changes) }
);
const three = [entry(1, 0), entry(1, 300, { height: 9, isCoinbase: true }), entry(2, 5)];

function encodeAll(entries: readonly CoinEntry[]): Uint8Array {
  const encoder = new SnapshotEncoder();
  const parts = entries.map((each) => encoder.push(each));
  return Buffer.concat([...parts, encoder.end(), encoder.end()]);
}

/** Decodes the coins of a file of {@link metadata} that is handed over in chunks. */
function decodeAll(bytes: Uint8Array, chunk: number, options = {}): CoinEntry[] {
  const decoder = new SnapshotDecoder({ metadata, baseHeight: 10, ...options });
  const coins: CoinEntry[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    coins.push(...decoder.push(bytes.subarray(at, at + chunk)));
  }
  decoder.end();
  expect(decoder.coinsRead).toBe(coins.length);
  return coins;
}

function faultOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    if (error instanceof DecodeError) return `${error.code} at ${error.offset}`;
    throw error;
  }
}

test('metadata', () => {
  const bytes = encode(SnapshotMetadata, metadata);
  expect(toHex(bytes)).toBe(`7574786fff0200fabfb5da${'07'.repeat(32)}0300000000000000`);
  expect(bytes.length).toBe(SNAPSHOT_METADATA_SIZE);
  expect(decode(SnapshotMetadata, bytes)).toEqual(metadata);
  expect(faultOf(() => decode(SnapshotMetadata, bytes.with(4, 0)))).toBe('invalid-value at 0');
  expect(faultOf(() => decode(SnapshotMetadata, bytes.with(5, 1)))).toBe('invalid-value at 5');
});

test('coins are grouped by transaction', () => {
  const bytes = encodeAll(three);
  expect(toHex(bytes)).toBe(
    `${'01'.repeat(32)}0200020306fd2c01130306${'02'.repeat(32)}0105020306`,
  );
  for (const chunk of [1, 2, 33, 1_000]) expect(decodeAll(bytes, chunk)).toEqual(three);
});

test('any coins in any chunks', () => {
  const entries = fc.array(fc.record({
    outpoint: fc.record({
      txid: fc.nat(3).map((id) => new Uint8Array(32).fill(id)),
      index: fc.nat(0x1ff_ffff),
    }),
    coin: fc.record({
      value: fc.bigInt({ min: 0n, max: MAX_MONEY }), scriptPubKey: fc.uint8Array({ maxLength: 60 }),
      height: fc.nat(1_000), isCoinbase: fc.boolean(),
    }),
  }));
  fc.assert(fc.property(entries, fc.integer({ min: 1, max: 100 }), (coins, chunk) => {
    // In the order in which a store has them.
    const store = new CoinsStore(new MemoryStore());
    store.write(coins, new Uint8Array(32));
    const sorted = [...store.coins()];
    const options = { baseHeight: 1_000, metadata: { ...metadata, coinsCount: BigInt(sorted.length) } };
    expect(decodeAll(encodeAll(sorted), chunk, options)).toEqual(sorted);
  }));
});

test('a file that is not as it says', () => {
  const bytes = encodeAll(three);
  const size = SNAPSHOT_METADATA_SIZE + bytes.length;
  for (const chunk of [1, 1_000]) {
    for (const cut of [0, 1, 33, bytes.length - 1]) {
      const fault = faultOf(() => decodeAll(bytes.subarray(0, cut), chunk));
      expect(fault).toBe(`truncated at ${SNAPSHOT_METADATA_SIZE + cut}`);
    }
    expect(faultOf(() => decodeAll(Buffer.concat([bytes, bytes]), chunk))).toBe(`trailing-bytes at ${size}`);
    expect(faultOf(() => decodeAll(bytes.with(32, 4), chunk))).toBe('limit-exceeded at 51');
    expect(faultOf(() => decodeAll(bytes, chunk, { baseHeight: 8 }))).toBe('invalid-value at 88');
    // Index 0 and height 1, with an amount that is more than all money, and a script of 3 GB.
    const start = bytes.subarray(0, 35);
    const rich = Uint8Array.of(...start, 0x86, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 6);
    expect(faultOf(() => decodeAll(rich, chunk))).toBe('invalid-value at 84');
    const long = new Uint8Array(10_300);
    long.set([...start, 3, 0x8a, 0x95, 0xc0, 0xbb, 0x00]);
    expect(faultOf(() => decodeAll(long, chunk))).toBe('size-too-large at 84');
  }
});
