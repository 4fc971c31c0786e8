import { describe, expect, test } from '@jest/globals';
import { blockSubsidy, consensusParams } from '@btcp2p/consensus';
import {
  decode, encode, hashFromHex, mainnet, regtest, txid, type OutPoint, type Transaction,
} from '@btcp2p/wire';
import {
  BlockUndo,
  CoinsCache,
  CoinsStore,
  connectBlock,
  disconnectBlock,
  MemoryStore,
  replayBlock,
  type Coin,
  type ConnectBlockResult,
  type SpendingTransaction,
} from '../src/index.ts';
import { coinbase, makeBlock, makeCoin, spend } from './support.ts';

const params = consensusParams(regtest);
const hash = new Uint8Array(32).fill(0xbb);
const HEIGHT = 200;
/** 25 BTC, less a coin: at height 200 regtest has halved once. */
const SUBSIDY = blockSubsidy(HEIGHT, params);

const funding = new Uint8Array(32).fill(1);
const at = (index: number): OutPoint => ({ txid: funding, index });

/** A cache on top of a store that has these coins as outputs of `funding`. */
function coinsOf(...coins: readonly Coin[]): CoinsCache {
  const lower = new CoinsCache(new CoinsStore(new MemoryStore()));
  for (const [index, coin] of coins.entries()) lower.addCoin(at(index), coin, false);
  lower.flush();
  return new CoinsCache(lower);
}

function connect(
  transactions: readonly Transaction[],
  coins: CoinsCache,
  height = HEIGHT,
): ConnectBlockResult {
  const block = makeBlock(transactions);
  return connectBlock(block, coins, { hash, height, params, blockHashAt: () => hash });
}

describe('a block is refused', () => {
  const MAX = 2_100_000_000_000_000n;
  test.each<[string, string, readonly Coin[], readonly Transaction[]]>([
    ['bad-txns-inputs-missingorspent', 'CheckTxInputs: inputs missing/spent in transaction ID',
      [], [spend([at(0)], [[1n]])]],
    ['bad-txns-inputs-missingorspent', 'CheckTxInputs: inputs missing/spent in transaction ID',
      [makeCoin()], [spend([at(0)], [[1n]]), spend([at(0)], [[2n]])]],
    ['bad-txns-premature-spend-of-coinbase', 'tried to spend coinbase at depth 99 in transaction ID',
      [makeCoin({ isCoinbase: true, height: 101 })], [spend([at(0)], [[1n]])]],
    ['bad-txns-inputvalues-outofrange', ' in transaction ID',
      [makeCoin({ value: MAX }), makeCoin({ value: 1n })], [spend([at(0), at(1)], [[1n]])]],
    ['bad-txns-in-belowout', 'value in (0.000001) < value out (1.23456789) in transaction ID',
      [makeCoin()], [spend([at(0)], [[123_456_789n]])]],
    ['bad-txns-in-belowout', 'value in (2.00) < value out (10.50) in transaction ID',
      [makeCoin({ value: 200_000_000n })], [spend([at(0)], [[1_050_000_000n]])]],
    ['bad-txns-accumulated-fee-outofrange', 'accumulated fee in the block out of range',
      [makeCoin({ value: MAX }), makeCoin({ value: 1n })], [spend([at(0)], []), spend([at(1)], [])]],
  ])('%s: %s', (reason, debug, coins, spends) => {
    const result = connect([coinbase(SUBSIDY), ...spends], coinsOf(...coins));
    const [id] = spends.slice(-1).map((last) => Buffer.from(txid(last).toReversed()).toString('hex'));
    expect(result).toEqual({ status: 'invalid', reason, debug: debug.replace('ID', id!) });
  });

  test('bad-cb-amount', () => {
    const pays = spend([at(0)], [[40n]]);
    const all = connect([coinbase(SUBSIDY + 60n), pays], coinsOf(makeCoin()));
    expect(all).toMatchObject({ status: 'ok', fees: 60n });
    expect(connect([coinbase(SUBSIDY + 61n), pays], coinsOf(makeCoin()))).toEqual({
      status: 'invalid',
      reason: 'bad-cb-amount',
      debug: `coinbase pays too much (actual=${SUBSIDY + 61n} vs limit=${SUBSIDY + 60n})`,
    });
  });

  test('by the rules that others bring, in their place', () => {
    const seen: string[] = [];
    const first = spend([at(0), at(1)], [[150n]]);
    const block = makeBlock([coinbase(SUBSIDY), first, spend([{ txid: txid(first), index: 0 }], [[1n]])]);
    const options = {
      hash, height: HEIGHT, params, blockHashAt: () => hash,
      inspect: ({ index, prevouts, transaction, txid: id }: SpendingTransaction) => {
        seen.push(`${index}: ${prevouts.map(({ value, height }) => `${value}@${height}`).join()}`);
        expect(id).toEqual(txid(transaction));
        return index === 2 ? { reason: 'mine' as const, debug: 'why' } : undefined;
      },
    };
    const coins = coinsOf(makeCoin(), makeCoin({ height: 7 }));
    expect(connectBlock(block, coins, options)).toEqual({ status: 'invalid', reason: 'mine', debug: 'why' });
    expect(seen).toEqual(['0: ', '1: 100@1,100@7', '2: 150@200']);
  });

  test('if it is not on top of these coins: that is a bug', () => {
    const block = makeBlock([coinbase(1n)], hash);
    const options = { hash, height: 1, params, blockHashAt: () => hash };
    expect(() => connectBlock(block, coinsOf(), options)).toThrow('not those of its parent');
  });
});

test('coins come and go', () => {
  const coins = coinsOf(makeCoin(), makeCoin({ isCoinbase: true, height: 100 }));
  const opReturn = Uint8Array.of(0x6a, 1, 2);
  const first = spend([at(1), at(0)], [[50n], [0n, opReturn], [100n], [1n, new Uint8Array(10_001)]]);
  const second = spend([{ txid: txid(first), index: 0 }], [[49n]]);
  const base = coinbase(SUBSIDY + 50n);
  const result = connect([base, first, second], coins);
  expect(result).toEqual({
    status: 'ok',
    fees: 50n,
    undo: {
      transactions: [
        { prevouts: [makeCoin({ isCoinbase: true, height: 100 }), makeCoin()] },
        { prevouts: [makeCoin({ value: 50n, scriptPubKey: Uint8Array.of(0x51), height: HEIGHT })] },
      ],
    },
  });
  expect(coins.bestBlock()).toEqual(hash);
  const has = (transaction: Transaction): boolean[] =>
    transaction.outputs.map((_, index) => coins.hasCoin({ txid: txid(transaction), index }));
  expect([has(base), has(first), has(second)]).toEqual([[true], [false, false, true, false], [true]]);
  expect([coins.hasCoin(at(0)), coins.hasCoin(at(1))]).toEqual([false, false]);
  expect(coins.getCoin({ txid: txid(base), index: 0 })?.isCoinbase).toBe(true);
});

test('the genesis block creates nothing', () => {
  const coins = coinsOf();
  const base = coinbase(50n);
  expect(connect([base], coins, 0)).toEqual({ status: 'ok', fees: 0n, undo: { transactions: [] } });
  expect(coins.hasCoin({ txid: txid(base), index: 0 })).toBe(false);
  expect(coins.bestBlock()).toEqual(hash);
});

describe('BIP 30', () => {
  const main = consensusParams(mainnet);
  // Core validation.cpp, IsBIP30Repeat; kernel/chainparams.cpp, BIP34Hash.
  const repeat = hashFromHex('00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec');
  const known = hashFromHex('000000000000024b89b42a942fe0d9fea3bb44ab7bd1b19115dd6a759c0808b8');
  const base = coinbase(1n);

  test.each<[string, number, Uint8Array, Uint8Array, string]>([
    ['any block', 91_841, repeat, hash, 'bad-txns-BIP30'],
    ['one that broke it', 91_842, repeat, hash, 'ok'],
    ['another one of its height', 91_842, hash, hash, 'bad-txns-BIP30'],
    ['at the height of BIP 34', 227_931, hash, known, 'bad-txns-BIP30'],
    ['above it', 227_932, hash, known, 'ok'],
    ['above it on another chain', 227_932, hash, hash, 'bad-txns-BIP30'],
    ['the last that needs no check', 1_983_701, hash, known, 'ok'],
    ['the first that does', 1_983_702, hash, known, 'bad-txns-BIP30'],
  ])('%s', (_, height, own, ancestor, expected) => {
    const coins = coinsOf();
    const id = txid(base);
    coins.addCoin({ txid: id, index: 0 }, makeCoin({ isCoinbase: true }), false);
    const blockHashAt = (asked: number): Uint8Array => {
      expect(asked).toBe(main.bip34Height);
      return ancestor;
    };
    const result = connectBlock(makeBlock([base]), coins, { hash: own, height, params: main, blockHashAt });
    expect(result.status === 'ok' ? 'ok' : result.reason).toBe(expected);
    expect(coins.getCoin({ txid: id, index: 0 })?.height).toBe(expected === 'ok' ? height : 1);
  });

  test('networks without a known chain always check', () => {
    const coins = coinsOf();
    coins.addCoin({ txid: txid(base), index: 0 }, makeCoin({ isCoinbase: true }), false);
    expect(connect([base], coins, 1_000)).toMatchObject({ reason: 'bad-txns-BIP30' });
  });
});

describe('disconnecting', () => {
  const first = spend([at(0), at(1)], [[50n], [20n]]);
  const second = spend([{ txid: txid(first), index: 0 }], [[49n]]);
  const block = makeBlock([coinbase(SUBSIDY), first, second]);
  const options = { hash, height: HEIGHT };
  const before = [makeCoin(), makeCoin({ height: 5, value: 7n })];

  function connected(): { readonly coins: CoinsCache; readonly undo: BlockUndo } {
    const coins = coinsOf(...before);
    const result = connectBlock(block, coins, { ...options, params, blockHashAt: () => hash });
    if (result.status !== 'ok') throw new Error(result.reason);
    return { coins, undo: decode(BlockUndo, encode(BlockUndo, result.undo)) };
  }

  test('restores what was', () => {
    const { coins, undo } = connected();
    expect(disconnectBlock(block, undo, coins, options)).toBe('ok');
    expect(coins.getCoins([at(0), at(1)])).toEqual(before);
    for (const transaction of block.transactions()) {
      for (const index of transaction.outputs.keys()) {
        expect(coins.hasCoin({ txid: txid(transaction), index })).toBe(false);
      }
    }
    expect(coins.bestBlock()).toEqual(new Uint8Array(32));
  });

  test.each<[string, (coins: CoinsCache) => void]>([
    ['an output is gone', (coins) => coins.spendCoin({ txid: txid(first), index: 1 })],
    ['an output is another', (coins) => coins.addCoin({ txid: txid(first), index: 1 }, makeCoin(), true)],
    ['an input is there', (coins) => coins.addCoin(at(0), makeCoin({ value: 1n }), true)],
    ['the coinbase is of another block', (coins) => {
      const id = block.txid(0);
      const coin = coins.getCoin({ txid: id, index: 0 })!;
      coins.addCoin({ txid: id, index: 0 }, { ...coin, height: 1 }, true);
    }],
  ])('unclean: %s', (_, change) => {
    const { coins, undo } = connected();
    change(coins);
    expect(disconnectBlock(block, undo, coins, options)).toBe('unclean');
    expect(coins.getCoins([at(0), at(1)])).toEqual(before);
  });

  test('a coinbase that two blocks had is missing at the first, and that is clean', () => {
    const base = makeBlock([coinbase(1n)]);
    // Core validation.cpp, IsBIP30Unspendable.
    const first30 = hashFromHex('00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e');
    const none = { transactions: [] };
    expect(disconnectBlock(base, none, coinsOf(), { hash: first30, height: 91_722 })).toBe('ok');
    expect(disconnectBlock(base, none, coinsOf(), { hash: first30, height: 91_723 })).toBe('unclean');
    expect(disconnectBlock(base, none, coinsOf(), { hash, height: 91_722 })).toBe('unclean');
  });

  test('failed: undo data of another block', () => {
    const { coins, undo } = connected();
    const [one, other] = undo.transactions;
    for (const transactions of [[], [one!], [other!, one!], [one!, { prevouts: [] }]]) {
      expect(disconnectBlock(block, { transactions }, coins, options)).toBe('failed');
    }
  });

  test('old undo data have the height with another coin of the transaction', () => {
    const { coins, undo } = connected();
    const [one, other] = undo.transactions;
    const [input0, input1] = one!.prevouts;
    const lost0 = { ...input0!, height: 0 };
    const old = { transactions: [{ prevouts: [lost0, input1!] }, other!] };
    expect(disconnectBlock(block, old, coins, options)).toBe('ok');
    expect(coins.getCoin(at(0))?.height).toBe(5);
    const both = [lost0, { ...input1!, height: 0 }];
    const without = { transactions: [{ prevouts: both }, other!] };
    expect(disconnectBlock(block, without, connected().coins, options)).toBe('failed');
  });

  test('a block may be replayed over a part of its changes', () => {
    const { coins: whole } = connected();
    const partial = coinsOf(...before);
    partial.spendCoin(at(1));
    const made = makeCoin({ height: HEIGHT, value: 49n, scriptPubKey: Uint8Array.of(0x51) });
    partial.addCoin({ txid: txid(second), index: 0 }, made, false);
    for (let times = 0; times < 2; times++) {
      replayBlock(block, partial, { height: HEIGHT });
      for (const transaction of [...block.transactions(), spend([], [[1n], [1n]])]) {
        const id = transaction.inputs.length === 0 ? funding : txid(transaction);
        for (const index of transaction.outputs.keys()) {
          expect(partial.getCoin({ txid: id, index })).toEqual(whole.getCoin({ txid: id, index }));
        }
      }
    }
  });
});
