import { describe, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import type { CoinEntry } from '@btcp2p/chainstate';
import { ChainQueryError } from '../src/chain/chain-query-error.ts';
import { ScanControl } from '../src/chain/chain-messages.ts';
import { COINS_AT_ONCE, scanCoins } from '../src/chain/coin-scans.ts';
import { isPiecemeal, PiecemealWork, type Piecemeal } from '../src/chain/piecemeal.ts';

/** Work that takes some turns, and notes when it is at work and when it is left. */
function* noted(name: string, pieces: number, notes: string[]): Piecemeal<string> {
  try {
    for (let i = 0; i < pieces; i++) {
      notes.push(`${name}${i}`);
      const end = performance.now() + 25;
      while (performance.now() < end);
      yield;
    }
    return name;
  } finally {
    notes.push(`${name} left`);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate();
}

function outcome(result: () => unknown): unknown {
  try {
    return result();
  } catch (error) {
    return error;
  }
}

describe('work in pieces', () => {
  test('has its turns among others, and others between them', async () => {
    const notes: string[] = [];
    const results: unknown[] = [];
    const work = new PiecemealWork((turn) => {
      notes.push('turn');
      turn();
    }, () => false);
    work.add(noted('a', 2, notes), (result) => results.push(outcome(result)));
    work.add(noted('b', 1, notes), (result) => results.push(outcome(result)));
    expect(notes).toEqual([]);
    await until(() => results.length === 2);
    expect(results).toEqual(['b', 'a']);
    expect(notes.join(' ')).toBe('turn a0 turn b0 turn a1 turn b left turn a left');
  });

  test('that fails fails alone', async () => {
    const results: unknown[] = [];
    const work = new PiecemealWork((turn) => turn(), () => false);
    const fault = new ChainQueryError('no');
    // oxlint-disable-next-line require-yield -- it fails before
    work.add((function* (): Piecemeal<never> {
      throw fault;
    })(), (result) => results.push(outcome(result)));
    work.add(noted('a', 1, []), (result) => results.push(outcome(result)));
    await until(() => results.length === 2);
    expect(results).toEqual([fault, 'a']);
  });

  test('is left when all is to end, and when it is closed', async () => {
    const notes: string[] = [];
    let isInterrupted = false;
    const results: unknown[] = [];
    const work = new PiecemealWork((turn) => turn(), () => isInterrupted);
    work.add(noted('a', 100, notes), (result) => results.push(outcome(result)));
    await until(() => notes.length > 0);
    isInterrupted = true;
    await until(() => results.length === 1);
    expect(results).toEqual([new ChainQueryError('Shutting down')]);
    expect(notes.at(-1)).toBe('a left');

    isInterrupted = false;
    work.add(noted('b', 100, notes), (result) => results.push(outcome(result)));
    await until(() => notes.includes('b0'));
    work.close();
    await setImmediate();
    expect(notes.at(-1)).toBe('b left');
    expect(results).toHaveLength(1);
  });

  test('is told from other answers', () => {
    expect(isPiecemeal(noted('a', 1, []))).toBe(true);
    for (const other of [undefined, null, 1, [], {}, new Uint8Array(1)]) {
      expect(isPiecemeal(other)).toBe(false);
    }
  });
});

describe('a scan of all coins', () => {
  const script = (number: number): Uint8Array => Uint8Array.of(0x51, number);
  const coins = Array.from({ length: 3 * COINS_AT_ONCE + 5 }, (_, i): CoinEntry => ({
    outpoint: { txid: new Uint8Array(32).fill(Math.floor((i * 256) / 1_000)), index: i },
    coin: { value: BigInt(i), scriptPubKey: script(i % 100), height: i, isCoinbase: i % 2 === 0 },
  }));
  const control = (): Int32Array => new Int32Array(new SharedArrayBuffer(8));

  test('finds those of some scripts', () => {
    const scan = scanCoins({ tip: 7, coins }, [script(3), script(200), script(99)], control());
    let step = scan.next();
    let pieces = 1;
    for (; step.done !== true; step = scan.next()) pieces++;
    const { coins: found, ...rest } = step.value;
    expect([pieces, rest]).toEqual([4, { tip: 7, searched: coins.length, completed: true }]);
    const expected = coins.filter(({ outpoint }) => [3, 99].includes(outpoint.index % 100));
    expect(found).toEqual(expected.map(({ outpoint, coin }) => Object.assign({}, outpoint, coin)));
  });

  test('tells how far it is, and ends early if it is to', () => {
    const shared = control();
    const scan = scanCoins({ tip: 0, coins }, [script(1)], shared);
    scan.next();
    expect(shared[ScanControl.PROGRESS]).toBe(25);
    scan.next();
    expect(shared[ScanControl.PROGRESS]).toBe(51);
    Atomics.store(shared, ScanControl.ABORT, 1);
    const { value } = scan.next();
    expect(value).toMatchObject({ searched: 2 * COINS_AT_ONCE, completed: false });
  });
});
