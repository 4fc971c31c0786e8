import { setEnvironmentData } from 'node:worker_threads';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ScriptVerifyFlags } from '@btcp2p/script';
import type { TxOut } from '@btcp2p/wire';
import { ScriptCheckPool } from '../src/index.ts';
import {
  blockOf, check, seeded, sequential, shuffled, spending, type Spends,
} from './script-check-support.ts';

const pools = [0, 1, 2].map((helpers) => new ScriptCheckPool({ helpers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

/** Made-up transactions whose outputs anyone can spend, but for some. */
function madeUp(inputCounts: readonly number[], bad: ReadonlySet<string> = new Set()): Spends {
  const prevouts = new Map<number, TxOut[]>();
  const transactions = inputCounts.map((count, place) => {
    const numbers = Array.from({ length: count }, (_, input) => input);
    prevouts.set(place + 1, numbers.map((input) => ({
      value: BigInt(place * input),
      // 6 is not 5; or some that do nothing, and 1.
      scriptPubKey: bad.has(`${place + 1}:${input}`)
        ? Uint8Array.of(0x56, 0x55, 0x88) : Uint8Array.of(...new Uint8Array(input % 7).fill(0x61), 0x51),
    })));
    return spending(numbers.map((input) => ({
      prevout: { txid: new Uint8Array(32).fill(place), index: input },
      scriptSig: new Uint8Array(0), sequence: 0, witness: [],
    })));
  });
  return { view: blockOf(transactions), flags: ScriptVerifyFlags.P2SH, prevouts };
}

describe('made-up blocks', () => {
  test('nothing is left undone, in any order', () => {
    const random = seeded(7);
    for (const counts of [[], [1], [3, 9, 1], Array<number>(2_000).fill(1), [1, 5_000, 2, 700]]) {
      const spends = madeUp(counts);
      for (const pool of pools) {
        expect(check(pool, spends)).toBeUndefined();
        expect(check(pool, spends, shuffled(spends.prevouts.keys(), random))).toBeUndefined();
      }
    }
  });

  test('the failure that comes first in the block is the one that is told, in any order', () => {
    const random = seeded(8);
    for (let round = 0; round < 30; round++) {
      const counts = Array.from({ length: 1 + random(300) }, () => 1 + random(4) ** 3);
      const failures = Array.from({ length: 1 + random(6) }, () => {
        const transaction = 1 + random(counts.length);
        return { transaction, input: random(counts[transaction - 1]!), error: 'EQUALVERIFY' as const };
      });
      const [first] = failures.toSorted((a, b) =>
        a.transaction - b.transaction || a.input - b.input);
      const bad = new Set(failures.map(({ transaction, input }) => `${transaction}:${input}`));
      const spends = madeUp(counts, bad);
      expect(sequential(spends)).toEqual(first);
      for (const pool of pools) {
        expect(check(pool, spends)).toEqual(first);
        expect(check(pool, spends, shuffled(spends.prevouts.keys(), random))).toEqual(first);
      }
    }
  });

  test('a block that was not finished is forgotten', () => {
    const bad = madeUp(Array<number>(500).fill(3), new Set(['1:0', '400:2']));
    const good = madeUp(Array<number>(400).fill(2));
    for (const pool of pools) {
      for (let round = 0; round < 20; round++) {
        pool.begin(bad.view, bad.flags);
        for (let i = 1; i <= 25 * round; i++) pool.add(i, bad.prevouts.get(i)!);
        expect(check(pool, good)).toBeUndefined();
      }
    }
  });

  test('what was added wrongly throws, and the next block is checked as ever', () => {
    const spends = madeUp(Array<number>(300).fill(2));
    for (const pool of pools) {
      expect(() => pool.finish()).toThrow('no block');
      const wrong = new Map(spends.prevouts);
      wrong.set(150, [...wrong.get(150)!, ...wrong.get(151)!]);
      expect(() => check(pool, { ...spends, prevouts: wrong })).toThrow(RangeError);
      expect(() => pool.add(1, [])).toThrow('no block');
      expect(check(pool, spends)).toBeUndefined();
    }
  });

  test('prevouts may take more memory than there was', () => {
    const spends = madeUp([40, 1, 1]);
    const prevouts = new Map<number, TxOut[]>();
    for (const [transaction, outputs] of spends.prevouts) {
      // Far too long to be executed.
      const script = new Uint8Array(600_000).fill(0x51);
      prevouts.set(transaction, outputs.map(({ value }) => ({ value, scriptPubKey: script })));
    }
    for (const pool of pools) {
      const failure = { transaction: 1, input: 0, error: 'SCRIPT_SIZE' };
      expect(check(pool, { ...spends, prevouts })).toEqual(failure);
      expect(check(pool, spends)).toBeUndefined();
    }
  });

  test('a block that is too large to share is checked alone', () => {
    const spends = madeUp([...Array<number>(20).fill(5_000), 3], new Set(['21:2']));
    expect(spends.view.size).toBeGreaterThan(4_000_000);
    for (const pool of pools) {
      expect(check(pool, spends)).toEqual({ transaction: 21, input: 2, error: 'EQUALVERIFY' });
    }
  });
});

describe('helpers', () => {
  test('they take what is ready while the owner does something else', () => {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const spends = madeUp(Array<number>(1_000).fill(3), new Set(['900:1']));
    for (const pool of pools.slice(1)) {
      pool.begin(spends.view, spends.flags);
      for (const [transaction, prevouts] of spends.prevouts) pool.add(transaction, prevouts);
      for (const end = performance.now() + 10_000; pool.waiting > 0 && performance.now() < end; ) {
        Atomics.wait(pause, 0, 0, 5);
      }
      expect(pool.waiting).toBeLessThan(16);
      expect(pool.finish()).toEqual({ transaction: 900, input: 1, error: 'EQUALVERIFY' });
    }
  });

  test('a block with few inputs wakes nobody', () => {
    const spends = madeUp([5, 5, 5], new Set(['3:4']));
    for (const pool of pools) {
      pool.begin(spends.view, spends.flags);
      for (const [transaction, prevouts] of spends.prevouts) pool.add(transaction, prevouts);
      expect(pool.waiting).toBe(0);
      expect(pool.finish()).toEqual({ transaction: 3, input: 4, error: 'EQUALVERIFY' });
    }
  });

  test.each(['dies at once', 'exits', 'throws', 'hangs'])('one that %s costs no result', async (mode) => {
    const hanging = new Int32Array(new SharedArrayBuffer(4));
    setEnvironmentData('failing', { mode, hanging });
    const entry = new URL('failing-script-worker.mjs', import.meta.url);
    const pool = new ScriptCheckPool({ helpers: 2, entry });
    const good = madeUp(Array<number>(3_000).fill(2));
    const bad = madeUp(Array<number>(3_000).fill(2), new Set(['2500:1', '2900:0']));
    const isThrough = (): boolean => (mode === 'hangs' ? hanging[0] === 2 : pool.helpers === 0);
    for (const end = performance.now() + 15_000; performance.now() < end && !isThrough(); ) {
      expect(check(pool, good)).toBeUndefined();
      expect(check(pool, bad)).toEqual({ transaction: 2_500, input: 1, error: 'EQUALVERIFY' });
      await new Promise((resolve) => setImmediate(resolve));
    }
    // What died was replaced, and not for ever.
    expect(isThrough()).toBe(true);
    await pool.close();
    expect(pool.helpers).toBe(0);
    expect(check(pool, bad)).toEqual({ transaction: 2_500, input: 1, error: 'EQUALVERIFY' });
  }, 20_000);

  test('a pool can be closed at any time', async () => {
    const spends = madeUp(Array<number>(1_000).fill(3));
    for (let round = 0; round < 4; round++) {
      const pool = new ScriptCheckPool({ helpers: 2 });
      expect(pool.source).toBe('secp256k1');
      expect(pool.helpers).toBe(2);
      for (let i = 0; i < 10 * round; i++) expect(check(pool, spends)).toBeUndefined();
      pool.begin(spends.view, spends.flags);
      for (let i = 1; i <= 100 * round; i++) pool.add(i, spends.prevouts.get(i)!);
      await pool.close();
      expect(check(pool, spends)).toBeUndefined();
    }
  });
});
