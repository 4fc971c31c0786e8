import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { fromHex, hashToHex, toHex, type OutPoint } from '@btcp2p/wire';
import { chacha20KeyStream } from '../src/chacha20.ts';
import { bogoSize, coinHashBytes, CoinStats, MuHash3072, type Coin } from '../src/index.ts';
import { Draws, makeCoin, nativeSha256, nativeSha256d } from './support.ts';

/** 32 bytes of which the first is a number, as the elements of Core's test. */
function element(first: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = first;
  return bytes;
}

function setOf(...elements: readonly Uint8Array[]): MuHash3072 {
  const set = new MuHash3072();
  for (const each of elements) set.insert(each);
  return set;
}

test("ChaCha20's key stream is that of OpenSSL", () => {
  const draws = new Draws(1);
  for (let i = 0; i < 20; i++) {
    const key = draws.bytes(32);
    const cipher = createCipheriv('chacha20', key, new Uint8Array(16));
    expect(toHex(chacha20KeyStream(key, 384))).toBe(cipher.update(new Uint8Array(384)).toString('hex'));
  }
});

// Core test/crypto_tests.cpp, muhash_tests.
describe('MuHash3072', () => {
  const DIGEST = '10d312b100cbd32ada024a6646e40d3482fcff103668d2625f10002a607d5863';
  const ONE_AND_TWO = [
    '1fa093295ea30a6a3acdc7b3f770fa538eff537528e990e2910e40bbcfd7f6696b1256901929094694b56316de342f59',
    '3303dd12ac43e06dce1be1ff8301c845beb15468fff0ef002dbf80c29f26e6452bccc91b5cb9437ad410d2a67ea84788',
    '7fa3c6a6553309946880fe20db2c73fe0641adbd4e86edfee0d9f8cd0ee1230898873dc13ed8ddcaf045c80faa082774',
    '279007a2253f8922ee3ef361d378a6af3ddaf180b190ac97e556888c36b3d1fb1c85aab9ccd46e3deaeb7b7cf5db067a',
    '7e9ff86b658cf3acd6662bbcce37232daa753c48b794356c020090c831a8304416e2aa7ad633c0ddb2f11be1be316a81',
    'be7f7e472071c042cb68faef549c221ebff209273638b741aba5a81675c45a5fa92fea4ca821d7a324cb1e1a2ccd3b76',
    'c4228ec8066dad2a5df6e1bd0de45c7dd5de8070bdb46db6c554cf9aefc9b7b2bbf9f75b1864d9f95005314593905c01',
    '09b71f703d49944ae94477b51dac10a816bb6d1c700bafabc8bd86fac8df24be519a2f2836b16392e18036cb13e48c5c',
  ].join('');
  const ONE = `01${'00'.repeat(383)}`;

  test('adds and takes', () => {
    const set = setOf(element(0));
    set.combine(setOf(element(1)));
    set.subtract(setOf(element(2)));
    expect(hashToHex(set.digest())).toBe(DIGEST);
    const other = setOf(element(0), element(1));
    other.remove(element(2));
    expect(hashToHex(other.digest())).toBe(DIGEST);
  });

  test('in any order', () => {
    const draws = new Draws(2);
    for (let i = 0; i < 10; i++) {
      const table = Array.from({ length: 4 }, () => draws.below(8));
      const digests = [0, 1, 2, 3].map((order) => {
        const set = new MuHash3072(nativeSha256);
        for (const at of table.keys()) {
          const t = table[at ^ order]!;
          if (t >= 4) set.subtract(setOf(element(t & 3)));
          else set.combine(setOf(element(t & 3)));
        }
        return toHex(set.digest());
      });
      expect(new Set(digests).size).toBe(1);
    }
  });

  test('what is added and taken was never there', () => {
    const set = setOf(element(5), element(9));
    set.subtract(setOf(element(9)));
    set.remove(element(5));
    expect(set.digest()).toEqual(new MuHash3072().digest());
    expect(set.digest()).not.toEqual(setOf(element(5)).digest());
  });

  test('is stored as Core does', () => {
    const set = setOf(element(1), element(2));
    expect(toHex(set.serialize())).toBe(ONE_AND_TWO + ONE);
    expect(MuHash3072.parse(set.serialize()).digest()).toEqual(set.digest());
    // A number above the modulus.
    const above = MuHash3072.parse(fromHex('ff'.repeat(384) + ONE));
    expect(toHex(above.digest())).toBe('3a31e6903aff0de9f62f9a9f7f8b861de76ce2cda09822b90014319ae5dc2271');
    expect(() => MuHash3072.parse(new Uint8Array(767))).toThrow('truncated');
  });
});

describe('the statistics of a set', () => {
  const ids = [[1, 16_512], [1, 300], [1, 2], [2, 0]];
  const coins: [OutPoint, Coin][] = ids.map(([id, index]) => [
    { txid: element(id!), index: index! },
    makeCoin({
      value: BigInt(index!) + 1n,
      scriptPubKey: new Uint8Array(id!),
      height: id!,
      isCoinbase: id === 2,
    }),
  ]);

  function statsOf(entries: readonly [OutPoint, Coin][]): CoinStats {
    const stats = new CoinStats({ serialized: true, muhash: new MuHash3072() });
    for (const [outpoint, coin] of entries) stats.add({ outpoint, coin });
    return stats;
  }

  test('totals', () => {
    expect(statsOf(coins).totals()).toEqual({
      transactions: 2, txouts: 4, bogosize: 4 * 50 + 3 + 2, totalAmount: 16_818n,
    });
    expect(new CoinStats().totals()).toEqual({ transactions: 0, txouts: 0, bogosize: 0, totalAmount: 0n });
    expect(bogoSize(makeCoin())).toBe(50);
  });

  test('what is hashed', () => {
    const [outpoint, coin] = coins[3]!;
    expect(toHex(coinHashBytes(outpoint, coin))).toBe(
      `02${'00'.repeat(31)}00000000${'05000000'}0100000000000000020000`,
    );
    // By index within a transaction, whatever the order of the keys.
    const inOrder = [coins[2]!, coins[1]!, coins[0]!, coins[3]!].map(([at, each]) => coinHashBytes(at, each));
    const expected = nativeSha256d(Uint8Array.from(inOrder.flatMap((bytes) => [...bytes])));
    expect(statsOf(coins).hashSerialized3()).toEqual(expected);
    expect(statsOf(coins).muhash()).toEqual(setOf(...inOrder.toReversed()).digest());
  });

  test('a hash that was not asked for is an error', () => {
    expect(() => new CoinStats().hashSerialized3()).toThrow('not asked for');
    expect(() => new CoinStats().muhash()).toThrow('not asked for');
  });
});
