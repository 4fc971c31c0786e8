import { expect, test } from '@jest/globals';
import { describeWithData, jsonFile } from '@btcp2p/testdata';
import { fromHex, hashFromHex, TransactionView, type TxOut } from '@btcp2p/wire';
import {
  PrecomputedTransaction, scriptVerifyFlagNames, ScriptVerifyFlags, verifyTransactionScripts,
} from '../src/index.ts';
import { fastHashes, fastVerifier, parseFlags, parseScript, seeded } from './support.ts';

/** `[[[txid, index, scriptPubKey, amount?], …], transaction, flags]`; or one string of comment. */
type Row = readonly [readonly (readonly [string, number, string, number?])[], string, string];

interface Case {
  readonly precomputed: PrecomputedTransaction;
  readonly flags: number;
  readonly text: string;
}

const ALL_FLAGS = (1 << scriptVerifyFlagNames.length) - 1;
const { P2SH, WITNESS, CLEANSTACK } = ScriptVerifyFlags;

function casesOf(file: string): Case[] {
  const rows = jsonFile<readonly unknown[][]>(`vectors/core/${file}`);
  // Those marked BADTX fail before any script runs, as transactions.
  const tests = rows.filter((row) => Array.isArray(row[0]) && row[2] !== 'BADTX') as unknown as Row[];
  return tests.map((row) => {
    const spendable = new Map<string, TxOut>();
    for (const [id, index, script, amount = 0] of row[0]) {
      const output = { value: BigInt(amount), scriptPubKey: parseScript(script) };
      spendable.set(`${hashFromHex(id).toString()}:${index >>> 0}`, output);
    }
    const view = TransactionView.of(fromHex(row[1]));
    const spent = view.transaction().inputs.map(({ prevout }) => {
      const output = spendable.get(`${prevout.txid.toString()}:${prevout.index}`);
      if (output === undefined) throw new Error(`no output for ${JSON.stringify(row)}`);
      return output;
    });
    const precomputed = PrecomputedTransaction.of(view, spent, fastHashes);
    return { precomputed, flags: parseFlags(row[2]), text: JSON.stringify(row) };
  });
}

/** Takes flags away until Core would not assert on the rest (transaction_tests.cpp `TrimFlags`). */
function trim(flags: number): number {
  const witness = flags & P2SH ? flags : flags & ~WITNESS;
  return witness & WITNESS ? witness : witness & ~CLEANSTACK;
}

/** Adds flags until Core would not assert on them (transaction_tests.cpp `FillFlags`). */
function fill(flags: number): number {
  const clean = flags & CLEANSTACK ? flags | WITNESS : flags;
  return clean & WITNESS ? clean | P2SH : clean;
}

/** The flags without each of them in turn (transaction_tests.cpp `ExcludeIndividualFlags`). */
function withoutEach(flags: number): Set<number> {
  const names = scriptVerifyFlagNames.filter((name) => (flags & ScriptVerifyFlags[name]) !== 0);
  return new Set(names.map((name) => trim(flags & ~ScriptVerifyFlags[name])));
}

function expectVerdict({ precomputed, text }: Case, flags: number, valid: boolean): void {
  const result = verifyTransactionScripts(precomputed, flags & ALL_FLAGS, fastVerifier);
  if ((result.status === 'ok') === valid) return;
  throw new Error(`${JSON.stringify(result)} with flags ${flags.toString(2)}: ${text}`);
}

describeWithData('tx_valid.json of Core', () => {
  const cases = casesOf('tx_valid.json');

  test('each is valid with all flags but those that it names', () => {
    expect(cases).toHaveLength(121);
    for (const one of cases) expectVerdict(one, ~one.flags, true);
  });

  test('and with any fewer', () => {
    const random = seeded(1);
    for (const one of cases) {
      for (const name of scriptVerifyFlagNames) {
        expectVerdict(one, trim(~(one.flags | ScriptVerifyFlags[name])), true);
        expectVerdict(one, trim(~(one.flags | random(ALL_FLAGS + 1))), true);
      }
    }
  });

  test('and with none of those that it names', () => {
    for (const one of cases) {
      for (const flags of withoutEach(one.flags)) expectVerdict(one, ~flags, false);
    }
  });
});

describeWithData('tx_invalid.json of Core', () => {
  const cases = casesOf('tx_invalid.json');

  test('each is invalid with the flags that it names', () => {
    expect(cases).toHaveLength(84);
    for (const one of cases) expectVerdict(one, one.flags, false);
  });

  test('and with any more', () => {
    const random = seeded(2);
    for (const one of cases) {
      for (const name of scriptVerifyFlagNames) {
        expectVerdict(one, fill(one.flags | ScriptVerifyFlags[name]), false);
        expectVerdict(one, fill(one.flags | random(ALL_FLAGS + 1)), false);
      }
    }
  });

  test('and valid with any fewer', () => {
    for (const one of cases) {
      for (const flags of withoutEach(one.flags)) expectVerdict(one, flags, true);
    }
  });
});
