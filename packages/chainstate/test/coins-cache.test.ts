import { describe, expect, test } from '@jest/globals';
import { toHex, type OutPoint } from '@btcp2p/wire';
import {
  CoinsCache, CoinsStore, equalCoins, MemoryStore, type Coin, type CoinsCacheEntry,
} from '../src/index.ts';
import { Draws, makeCoin } from './support.ts';

const outpoint: OutPoint = { txid: new Uint8Array(32), index: 0 };

// Core's table tests (test/coins_tests.cpp, ccoins_access to ccoins_write), in its words: those rows
// that calls can bring about. Clean or fresh spent entries cannot be made here.
const COINS = {
  VALUE1: makeCoin({ value: 100n }),
  VALUE2: makeCoin({ value: 200n }),
  VALUE3: makeCoin({ value: 300n }),
};

/** Brings an outpoint of a cache, whose base has none, into a state. */
function put(cache: CoinsCache, state: string): void {
  if (state === 'MISSING') return;
  const [value, ...flags] = state.split('_');
  const coin = COINS[value === 'SPENT' ? 'VALUE1' : (value as 'VALUE1')];
  cache.addCoin(outpoint, coin, !flags.includes('FRESH'));
  if (value === 'SPENT') cache.spendCoin(outpoint);
  if (flags.includes('CLEAN')) cache.sync();
}

function stateOf(cache: CoinsCache): string {
  const entry: CoinsCacheEntry | undefined = cache.entry(outpoint);
  if (entry === undefined) return 'MISSING';
  const value = entry.coin === undefined ? 'SPENT' : `VALUE${entry.coin.value / 100n}`;
  return value + (entry.isDirty ? '_DIRTY' : '_CLEAN') + (entry.isFresh ? '_FRESH' : '');
}

/** A cache in a state on top of one whose coin is absent, spent or VALUE1. */
function caches(base: string, state: string): CoinsCache {
  const lower = new CoinsCache(new CoinsStore(new MemoryStore()));
  const cache = new CoinsCache(lower);
  put(cache, state);
  // A clean entry is as below. Else the lower one is changed beneath it, as the tables have it.
  const below = { ABSENT: 'MISSING', SPENT: 'SPENT_DIRTY' }[base] ?? 'VALUE1_DIRTY';
  if (!state.endsWith('CLEAN')) put(lower, below);
  return cache;
}

const BASES = ['ABSENT', 'SPENT', 'VALUE1'];

describe.each(BASES)('on a base that is %s', (base) => {
  test.each([
    ['MISSING', base === 'VALUE1' ? 'VALUE1_CLEAN' : 'MISSING'],
    ['SPENT_DIRTY', 'SPENT_DIRTY'],
    ['VALUE2_CLEAN', 'VALUE2_CLEAN'],
    ['VALUE2_DIRTY', 'VALUE2_DIRTY'],
    ['VALUE2_DIRTY_FRESH', 'VALUE2_DIRTY_FRESH'],
  ])('access: %s to %s', (before, after) => {
    const cache = caches(base, before);
    expect(cache.hasCoinInCache(outpoint)).toBe(before.startsWith('VALUE'));
    expect(cache.getCoin(outpoint) !== undefined).toBe(after.startsWith('VALUE'));
    expect(cache.hasCoin(outpoint)).toBe(after.startsWith('VALUE'));
    expect(stateOf(cache)).toBe(after);
    cache.assertConsistent();
  });

  test.each([
    ['MISSING', base === 'VALUE1' ? 'SPENT_DIRTY' : 'MISSING'],
    ['SPENT_DIRTY', 'SPENT_DIRTY'],
    ['VALUE2_CLEAN', 'SPENT_DIRTY'],
    ['VALUE2_DIRTY', 'SPENT_DIRTY'],
    ['VALUE2_DIRTY_FRESH', 'MISSING'],
  ])('spend: %s to %s', (before, after) => {
    const cache = caches(base, before);
    const isThere = cache.hasCoin(outpoint);
    expect(cache.spendCoin(outpoint)).toBe(isThere);
    expect(stateOf(cache)).toBe(after);
    cache.assertConsistent();
  });

  test.each([
    ['MISSING', 'VALUE3_DIRTY_FRESH', 'VALUE3_DIRTY'],
    ['SPENT_DIRTY', 'VALUE3_DIRTY', 'VALUE3_DIRTY'],
    ['VALUE2_CLEAN', 'throws', 'VALUE3_DIRTY'],
    ['VALUE2_DIRTY', 'throws', 'VALUE3_DIRTY'],
    ['VALUE2_DIRTY_FRESH', 'throws', 'VALUE3_DIRTY_FRESH'],
  ])('add: %s to %s, if it may overwrite to %s', (before, without, overwriting) => {
    for (const [possibleOverwrite, after] of [[false, without], [true, overwriting]] as const) {
      const cache = caches(base, before);
      const add = (): void => cache.addCoin(outpoint, COINS.VALUE3, possibleOverwrite);
      if (after === 'throws') expect(add).toThrow('where there is one');
      else add();
      expect(stateOf(cache)).toBe(after === 'throws' ? before : after);
      cache.assertConsistent();
    }
  });
});

test.each([
  ['MISSING', 'SPENT_DIRTY', 'SPENT_DIRTY'],
  ['MISSING', 'VALUE2_DIRTY', 'VALUE2_DIRTY'],
  ['MISSING', 'VALUE2_DIRTY_FRESH', 'VALUE2_DIRTY_FRESH'],
  ['SPENT_DIRTY', 'SPENT_DIRTY', 'SPENT_DIRTY'],
  ['SPENT_DIRTY', 'VALUE2_DIRTY', 'VALUE2_DIRTY'],
  ['SPENT_DIRTY', 'VALUE2_DIRTY_FRESH', 'VALUE2_DIRTY'],
  ['VALUE1_CLEAN', 'SPENT_DIRTY', 'SPENT_DIRTY'],
  ['VALUE1_CLEAN', 'VALUE2_DIRTY', 'VALUE2_DIRTY'],
  ['VALUE1_CLEAN', 'VALUE2_DIRTY_FRESH', 'throws'],
  ['VALUE1_DIRTY', 'SPENT_DIRTY', 'SPENT_DIRTY'],
  ['VALUE1_DIRTY', 'VALUE2_DIRTY', 'VALUE2_DIRTY'],
  ['VALUE1_DIRTY', 'VALUE2_DIRTY_FRESH', 'throws'],
  ['VALUE1_DIRTY_FRESH', 'SPENT_DIRTY', 'MISSING'],
  ['VALUE1_DIRTY_FRESH', 'VALUE2_DIRTY', 'VALUE2_DIRTY_FRESH'],
  ['VALUE1_DIRTY_FRESH', 'VALUE2_DIRTY_FRESH', 'throws'],
])('write: onto %s comes %s, which makes %s', (parent, child, after) => {
  for (const how of ['flush', 'sync'] as const) {
    const lower = new CoinsCache(new CoinsStore(new MemoryStore()));
    const cache = new CoinsCache(lower);
    put(lower, parent);
    put(cache, child);
    if (after === 'throws') {
      expect(() => cache[how]()).toThrow('exists below');
      continue;
    }
    cache[how]();
    expect(stateOf(lower)).toBe(after);
    const kept = child.startsWith('VALUE2') ? 'VALUE2_CLEAN' : 'MISSING';
    expect(stateOf(cache)).toBe(how === 'flush' ? 'MISSING' : kept);
    lower.assertConsistent();
    cache.assertConsistent();
  }
});

function isSame(a: Coin | undefined, b: Coin | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalCoins(a, b);
}

/**
 * Random calls to a stack of caches, against a map (Core test/coins_tests.cpp, SimulationTest). A few
 * outpoints, so that they are overwritten; scripts of all sizes, so that records move.
 */
test.each([1, 2, 3])('a stack of caches is a map, seed %d', (seed) => {
  const draws = new Draws(seed);
  const store = new CoinsStore(new MemoryStore(), { batchBytes: 2_000 });
  const stack = [new CoinsCache(store, { salt: 1n })];
  const model = new Map<OutPoint, Coin | undefined>();
  const outpoints = Array.from({ length: 1_500 }, (_, i): OutPoint => (
    { txid: new Uint8Array(32).fill(i % 250), index: [0, 1, 127, 300, 70_000, 2 ** 32 - 2_000][i % 6]! + i }
  ));
  const pick = (): OutPoint => outpoints[draws.below(outpoints.length)]!;
  const seen = new Set<string>();
  const top = (): CoinsCache => stack.at(-1)!;

  for (let i = 0; i < 40_000; i++) {
    const at = pick();
    const known = model.get(at);
    if (draws.oneIn(4) && top().hasCoin(at) !== (known !== undefined)) throw new Error(`has ${i}`);
    if (!isSame(top().getCoin(at), known)) throw new Error(`another coin at ${i}`);
    if (known === undefined || draws.oneIn(5)) {
      const isUnspendable = known === undefined && draws.oneIn(16);
      const scriptPubKey = draws.bytes(draws.oneIn(20) ? draws.below(300) : draws.below(64));
      if (scriptPubKey.length > 0) scriptPubKey[0] = isUnspendable ? 0x6a : 0x51;
      const coin = makeCoin({ value: BigInt(draws.below(2 ** 32)) * 100_000n, scriptPubKey, height: i });
      top().addCoin(at, coin, known !== undefined || draws.oneIn(2));
      if (scriptPubKey[0] !== 0x6a) model.set(at, coin);
      seen.add(scriptPubKey[0] === 0x6a ? 'unspendable' : known === undefined ? 'added' : 'updated');
    } else {
      if (!top().spendCoin(at)) throw new Error(`not spent at ${i}`);
      model.set(at, undefined);
      seen.add('spent');
    }
    if (draws.oneIn(10)) stack[draws.below(stack.length)]!.uncache(pick());
    if (draws.oneIn(50)) top().prefetch([pick(), at, at, pick()]);
    if (draws.oneIn(100)) {
      const cache = stack[draws.below(stack.length)]!;
      if (draws.oneIn(2)) cache.flush();
      else cache.sync();
    }
    if (draws.oneIn(100)) {
      // One cache less or more, as Core's.
      if (stack.length > 1 && draws.oneIn(2)) {
        top().flush();
        stack.pop();
        seen.add(`down to ${stack.length}`);
      } else if (stack.length < 4) {
        stack.push(new CoinsCache(top(), { salt: BigInt(i) }));
        seen.add(`up to ${stack.length}`);
      }
    }
    if (i % 4_000 === 3_999) {
      for (const cache of stack) cache.assertConsistent();
      for (const each of outpoints) {
        if (!isSame(top().getCoin(each), model.get(each))) throw new Error(`another coin after ${i}`);
      }
    }
  }
  for (const cache of stack.toReversed()) {
    cache.setBestBlock(new Uint8Array(32).fill(seed));
    cache.flush();
  }
  expect(store.getCoins(outpoints)).toEqual(outpoints.map((each) => model.get(each)));
  expect([...store.coins()].length).toBe([...model.values()].filter((coin) => coin !== undefined).length);
  expect(store.bestBlock()).toEqual(new Uint8Array(32).fill(seed));
  for (const what of ['unspendable', 'added', 'updated', 'spent', 'down to 1', 'up to 4']) {
    expect(seen).toContain(what);
  }
});

test('what is discarded never was', () => {
  const lower = new CoinsCache(new CoinsStore(new MemoryStore()));
  lower.addCoin(outpoint, COINS.VALUE1, false);
  lower.setBestBlock(new Uint8Array(32).fill(1));
  const upper = new CoinsCache(lower);
  upper.spendCoin(outpoint);
  upper.addCoin({ ...outpoint, index: 1 }, COINS.VALUE2, false);
  upper.setBestBlock(new Uint8Array(32).fill(2));
  upper.discard();
  expect(upper.size).toBe(0);
  expect(upper.bestBlock()).toEqual(new Uint8Array(32).fill(1));
  expect(upper.getCoin(outpoint)).toEqual(COINS.VALUE1);
  expect(upper.hasCoin({ ...outpoint, index: 1 })).toBe(false);
});

test('what is given and taken is copied', () => {
  const cache = new CoinsCache(new CoinsStore(new MemoryStore()));
  const scriptPubKey = Uint8Array.of(1, 2, 3);
  const txid = new Uint8Array(32).fill(9);
  cache.addCoin({ txid, index: 0 }, makeCoin({ scriptPubKey }), false);
  const before = cache.getCoin({ txid, index: 0 })!;
  scriptPubKey.fill(0);
  before.scriptPubKey.fill(7);
  expect(cache.getCoin({ txid: txid.slice(), index: 0 })?.scriptPubKey).toEqual(Uint8Array.of(1, 2, 3));
});

test('any amount and height survives', () => {
  const cache = new CoinsCache(new CoinsStore(new MemoryStore()));
  const values = [0n, 1n, 2n ** 32n, 21n * 10n ** 14n, 2n ** 53n, 2n ** 63n - 1n, -1n, -(2n ** 63n)];
  for (const [index, value] of values.entries()) {
    const coin = makeCoin({ value, height: 0x7fff_ffff, isCoinbase: index % 2 === 0 });
    cache.addCoin({ ...outpoint, index }, coin, false);
    expect(cache.getCoin({ ...outpoint, index })).toEqual(coin);
  }
});

test('a write that fails leaves everything as it was', () => {
  const memory = new MemoryStore();
  let isFull = true;
  const cache = new CoinsCache(new CoinsStore({
    get: (key) => memory.get(key),
    getMany: (keys) => memory.getMany(keys),
    entries: (from, to) => memory.entries(from, to),
    write(batch) {
      if (isFull) throw new Error('disk full');
      memory.write(batch);
    },
  }));
  cache.addCoin(outpoint, COINS.VALUE1, false);
  for (const how of ['flush', 'sync'] as const) {
    expect(() => cache[how]()).toThrow('disk full');
    expect(stateOf(cache)).toBe('VALUE1_DIRTY_FRESH');
  }
  isFull = false;
  cache.flush();
  expect(new CoinsStore(memory).getCoin(outpoint)).toEqual(COINS.VALUE1);
});

test('what changed is handed down in the order of txids, spent coins among the others', () => {
  const store = new CoinsStore(new MemoryStore());
  const cache = new CoinsCache(store);
  const draws = new Draws(9);
  const outpoints = Array.from({ length: 3_000 }, () => ({ txid: draws.bytes(32), index: draws.below(300) }));
  for (const outpoint of outpoints) cache.addCoin(outpoint, makeCoin({ value: 1n }), true);
  for (const outpoint of outpoints.slice(0, 1_000)) cache.spendCoin(outpoint);
  const seen: [string, boolean][] = [];
  store.write = (changes) => {
    for (const { outpoint: { txid }, coin } of changes) seen.push([toHex(txid), coin !== undefined]);
  };
  cache.flush();
  const expected = outpoints.map(({ txid }, i): [string, boolean] => [toHex(txid), i >= 1_000]);
  expect(seen).toEqual(expected.sort(([a], [b]) => (a < b ? -1 : 1)));
});

test('a write that ends half-way says from where to where', () => {
  const memory = new MemoryStore();
  let writes = Infinity;
  const store = new CoinsStore({
    get: (key) => memory.get(key),
    getMany: (keys) => memory.getMany(keys),
    entries: (from, to) => memory.entries(from, to),
    write(batch) {
      if (writes-- <= 0) throw new Error('killed');
      memory.write(batch);
    },
  }, { batchBytes: 100 });
  const [oldTip, newTip] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const cache = new CoinsCache(store);
  cache.setBestBlock(oldTip);
  cache.flush();
  expect([store.bestBlock(), store.headBlocks()]).toEqual([oldTip, undefined]);
  for (let index = 0; index < 10; index++) cache.addCoin({ ...outpoint, index }, COINS.VALUE1, false);
  cache.setBestBlock(newTip);
  writes = 2;
  expect(() => cache.flush()).toThrow('killed');
  const reopened = new CoinsStore(memory, { batchBytes: 100 });
  expect(reopened.bestBlock()).toEqual(new Uint8Array(32));
  expect(reopened.headBlocks()).toEqual({ newTip, oldTip });
  expect(() => reopened.write([], oldTip)).toThrow('to another block');
  writes = Infinity;
  cache.flush();
  expect([reopened.bestBlock(), reopened.headBlocks()]).toEqual([newTip, undefined]);
  expect([...reopened.coins()].length).toBe(10);
});

test('memory is counted, and used again', () => {
  const cache = new CoinsCache(new CoinsStore(new MemoryStore()), { maxBytes: 3 * 2 ** 20 });
  const at = (i: number): OutPoint => {
    const txid = new Uint8Array(32);
    new DataView(txid.buffer).setUint32(0, i);
    return { txid, index: 0 };
  };
  const coin = makeCoin({ scriptPubKey: new Uint8Array(22) });
  for (let i = 0; i < 20_000; i++) cache.addCoin(at(i), coin, false);
  expect(cache.isLarge).toBe(false);
  const { byteLength } = cache;
  // Coins that come and go take nothing.
  for (let i = 20_000; i < 200_000; i++) {
    cache.addCoin(at(i), coin, false);
    cache.spendCoin(at(i - 20_000));
  }
  expect(cache.byteLength).toBe(byteLength);
  for (let i = 200_000; i < 240_000; i++) cache.addCoin(at(i), coin, false);
  expect(cache.isLarge).toBe(true);
  cache.assertConsistent();
  cache.setBestBlock(new Uint8Array(32).fill(1));
  cache.flush();
  expect(cache.byteLength).toBeLessThan(1.1 * 2 ** 20);
});
