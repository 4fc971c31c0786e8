import { afterAll, expect, test } from '@jest/globals';
import { MANDATORY_SCRIPT_VERIFY_FLAGS, ScriptVerifyFlags } from '@btcp2p/script';
import { type BlockFile, blockFiles, describeWithData } from '@btcp2p/testdata';
import { BlockView, type TxIn, type TxOut } from '@btcp2p/wire';
import { ScriptCheckPool } from '../src/index.ts';
import { blockOf, check, seeded, sequential, shuffled, type Spends } from './script-check-support.ts';

const pools = [0, 1, 2].map((helpers) => new ScriptCheckPool({ helpers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

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
    const { value, scriptPubKey } = spent[number]!;
    const output = what === 2 ? { value: value ^ 1n, scriptPubKey }
      : { value, scriptPubKey: flipped(scriptPubKey, random) };
    if (what >= 2) prevouts.set(place, spent.with(number, output));
  }
  return { ...spends, view: blockOf(transactions.slice(1)), prevouts };
}

describeWithData('real blocks', () => {
  const files = blockFiles().filter(({ prevouts }) => prevouts !== undefined && prevouts.length > 0);
  const all = Boolean(process.env['BTCP2P_ALL_BLOCKS']);
  const { P2SH, WITNESS, TAPROOT } = ScriptVerifyFlags;

  // Large blocks take a second each, four times: of those, the start.
  test.each(files)('$name: all inputs verify', (file) => {
    const limit = file.name === 'main-367891' ? 6_000 : 250;
    const spends = spendsOf(file, P2SH | WITNESS | TAPROOT, all ? Infinity : limit);
    expect(sequential(spends)).toBeUndefined();
    for (const pool of pools) expect(check(pool, spends)).toBeUndefined();
  }, 60_000);

  const late = files.filter(({ height }) => height > 363_725);

  test.each(late)('$name: changed bits give the same failure', (file) => {
    const random = seeded(file.height);
    const spends = spendsOf(file, MANDATORY_SCRIPT_VERIFY_FLAGS, all ? 2_000 : 100);
    const seen = new Set<string>();
    for (let round = 0; round < (all ? 12 : 6); round++) {
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
