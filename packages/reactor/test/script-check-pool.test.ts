import { afterAll, describe, expect, test } from '@jest/globals';
import {
  MANDATORY_SCRIPT_VERIFY_FLAGS, PrecomputedTransaction, ScriptVerifyFlags, verifyTransactionScripts,
} from '@btcp2p/script';
import { type BlockFile, blockFiles, describeWithData } from '@btcp2p/testdata';
import { BlockView, Transaction, type TxIn, type TxOut, Writer } from '@btcp2p/wire';
import {
  nativeScriptHashes, nativeVerifier, type ScriptCheckFailure, ScriptCheckPool,
} from '../src/index.ts';

/** A block's transactions but the coinbase, and what they spend. */
interface Spends {
  readonly view: BlockView;
  readonly flags: ScriptVerifyFlags;
  readonly prevouts: ReadonlyMap<number, readonly TxOut[]>;
}

const pools = [0, 1, 2].map((helpers) => new ScriptCheckPool({ helpers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

/** A linear congruential generator: numbers from 0 on below a limit, the same in each run. */
function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}

function shuffled<T>(values: Iterable<T>, random: (limit: number) => number): T[] {
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** One after the other, without a pool. */
function sequential({ view, flags, prevouts }: Spends): ScriptCheckFailure | undefined {
  const { verifier } = nativeVerifier();
  for (const [transaction, spent] of prevouts) {
    const parts = view.transaction(transaction);
    const precomputed = PrecomputedTransaction.of(parts, spent, nativeScriptHashes);
    const result = verifyTransactionScripts(precomputed, flags, verifier);
    if (result.status === 'ok') continue;
    return { transaction, input: result.inputIndex, error: result.error };
  }
  return undefined;
}

function check(
  pool: ScriptCheckPool, { view, flags, prevouts }: Spends, order: Iterable<number> = prevouts.keys(),
): ScriptCheckFailure | undefined {
  pool.begin(view, flags);
  for (const transaction of order) pool.add(transaction, prevouts.get(transaction)!);
  return pool.finish();
}

/** A block of some transactions, behind a header of zeros and a coinbase. */
function blockOf(transactions: readonly Transaction[]): BlockView {
  const prevout = { txid: new Uint8Array(32), index: 0xffff_ffff };
  const coinbase = spending([{ prevout, scriptSig: Uint8Array.of(0), sequence: 0, witness: [] }]);
  const all = [coinbase, ...transactions];
  const bytes = new Uint8Array(80 + 5 + all.reduce((sum, one) => sum + Transaction.size(one), 0));
  const writer = new Writer(bytes);
  writer.bytes(new Uint8Array(80));
  writer.compactSize(all.length);
  for (const transaction of all) Transaction.write(writer, transaction);
  return BlockView.of(bytes.subarray(0, writer.offset));
}

function spending(inputs: readonly TxIn[]): Transaction {
  return { version: 2, inputs, outputs: [{ value: 1n, scriptPubKey: new Uint8Array(0) }], lockTime: 0 };
}

/** The spends of a real block, up to some number of inputs. */
function spendsOf(file: BlockFile, flags: ScriptVerifyFlags, maxInputs = Infinity): Spends {
  const view = BlockView.of(file.bytes);
  const prevouts = new Map<number, TxOut[]>();
  let at = 0;
  for (let i = 1; i < view.transactionCount && at < maxInputs; i++) {
    const count = view.transaction(i).inputs.length;
    const spent = file.prevouts!.slice(at, at + count);
    prevouts.set(i, spent.map(({ value, script }) => ({ value, scriptPubKey: script })));
    at += count;
  }
  return { view, flags, prevouts };
}

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
  test.each(['dies at once', 'exits', 'throws', 'hangs'])('one that %s costs no result', async (mode) => {
    const entry = new URL(`failing-script-worker.mjs?${mode}`, import.meta.url);
    const pool = new ScriptCheckPool({ helpers: 2, entry });
    const good = madeUp(Array<number>(3_000).fill(2));
    const bad = madeUp(Array<number>(3_000).fill(2), new Set(['2500:1', '2900:0']));
    for (let round = 0; round < 4; round++) {
      // Long enough for helpers to be there.
      const end = performance.now() + 250;
      while (performance.now() < end) expect(check(pool, good)).toBeUndefined();
      expect(check(pool, bad)).toEqual({ transaction: 2_500, input: 1, error: 'EQUALVERIFY' });
      await new Promise((resolve) => setImmediate(resolve));
    }
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

/** A copy with one bit the other way. */
function flipped(bytes: Uint8Array, random: (limit: number) => number): Uint8Array {
  const copy = bytes.slice();
  const bit = random(copy.length * 8);
  if (copy.length > 0) copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** With one bit changed of a script, a witness or an amount, each in a random place. */
function damaged(spends: Spends, count: number, random: (limit: number) => number): Spends {
  const { view } = spends;
  const transactions = view.transactions();
  const prevouts = new Map(spends.prevouts);
  const places = [...prevouts.keys()];
  for (let i = 0; i < count; i++) {
    const place = places[random(places.length)]!;
    const { inputs } = transactions[place]!;
    const number = random(inputs.length);
    const changed = inputs[number]!;
    const { scriptSig, witness } = changed;
    const spent = prevouts.get(place)!;
    const what = random(4);
    const item = random(witness.length);
    const own: TxIn = what > 1 ? changed : {
      ...changed,
      scriptSig: flipped(scriptSig, random),
      witness: witness.map((bytes, k) => (k === item ? flipped(bytes, random) : bytes)),
    };
    transactions[place] = {
      ...transactions[place]!, inputs: inputs.map((input, k) => (k === number ? own : input)),
    };
    prevouts.set(place, spent.map((output, k) => {
      if (k !== number || what < 2) return output;
      return what === 2 ? { ...output, value: output.value ^ 1n }
        : { ...output, scriptPubKey: flipped(output.scriptPubKey, random) };
    }));
  }
  return { ...spends, view: blockOf(transactions.slice(1)), prevouts };
}

describeWithData('real blocks', () => {
  const files = blockFiles().filter(({ prevouts }) => prevouts !== undefined && prevouts.length > 0);
  const all = Boolean(process.env['BTCP2P_ALL_BLOCKS']);
  const { P2SH, WITNESS, TAPROOT } = ScriptVerifyFlags;

  // Large testnet blocks take a second each, four times: of those, the start.
  test.each(files)('$name: all inputs verify', (file) => {
    const limit = all || file.network === 'main' ? Infinity : 400;
    const spends = spendsOf(file, P2SH | WITNESS | TAPROOT, limit);
    expect(sequential(spends)).toBeUndefined();
    for (const pool of pools) expect(check(pool, spends)).toBeUndefined();
  }, 60_000);

  const late = files.filter(({ height }) => height > 363_725);

  test.each(late)('$name: changed bits give the same failure', (file) => {
    const random = seeded(file.height);
    const spends = spendsOf(file, MANDATORY_SCRIPT_VERIFY_FLAGS, all ? Infinity : 150);
    const seen = new Set<string>();
    for (let round = 0; round < (all ? 40 : 6); round++) {
      const changed = damaged(spends, 1 + random(3), random);
      const failure = sequential(changed);
      for (const pool of pools) {
        expect(check(pool, changed, shuffled(spends.prevouts.keys(), random))).toEqual(failure);
      }
      seen.add(failure === undefined ? 'OK' : failure.error);
    }
    expect(seen.size).toBeGreaterThan(1);
  }, 60_000);
});
