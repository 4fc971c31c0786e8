import { expect, test } from '@jest/globals';
import { describeWithData, jsonFile } from '@btcp2p/testdata';
import { fromHex, type Transaction, txid } from '@btcp2p/wire';
import * as tiny from 'tiny-secp256k1';
import {
  PrecomputedTransaction, type ScriptError, ScriptVerifyFlags, tapleafHash, tapTweakHash,
  TransactionSignatureChecker, verifyScript,
} from '../src/index.ts';
import { concat, fastHashes, fastVerifier, parseFlags, parseScript, seeded } from './support.ts';

/** `[witness and amount]?, scriptSig, scriptPubKey, flags, error, comment?`; or one string of comment. */
type Row = readonly (string | readonly (string | number)[])[];

interface Case {
  readonly witness: readonly Uint8Array[];
  readonly value: bigint;
  readonly scriptSig: Uint8Array;
  readonly scriptPubKey: Uint8Array;
  readonly flags: number;
  readonly expected: string;
  readonly text: string;
}

/** The secret key 1, whose X Core's test takes as internal key. */
const INTERNAL_KEY = tiny.xOnlyPointFromScalar(
  fromHex('0000000000000000000000000000000000000000000000000000000000000001'), // Core script_tests.cpp
);

function parseRow(row: Row): Case | undefined {
  if (row.length === 1) return undefined;
  const [first, ...others] = row;
  const fields = (Array.isArray(first) ? others : row) as readonly string[];
  const items = Array.isArray(first) ? (first as readonly (string | number)[]) : [0];
  const { witness, output } = parseWitness(items.slice(0, -1) as string[]);
  const [scriptSig = '', scriptPubKey = '', flags = '', expected = ''] = fields;
  return {
    witness,
    value: BigInt(Math.round(Number(items[items.length - 1]) * 1e8)),
    scriptSig: parseScript(scriptSig),
    scriptPubKey: output !== undefined && scriptPubKey.includes('#TAPROOTOUTPUT#')
      ? concat(Uint8Array.of(0x51, 0x20), output) : parseScript(scriptPubKey),
    flags: parseFlags(flags),
    expected,
    text: JSON.stringify(row),
  };
}

/** A witness, and the taproot output that it can spend where the test leaves the control block to us. */
function parseWitness(items: readonly string[]): { witness: Uint8Array[]; output?: Uint8Array } {
  const witness: Uint8Array[] = [];
  let output: Uint8Array | undefined;
  for (const item of items) {
    if (item.startsWith('#SCRIPT#')) witness.push(parseScript(item.slice('#SCRIPT#'.length)));
    else if (item === '#CONTROLBLOCK#') {
      const leaf = tapleafHash(0xc0, witness[witness.length - 1]!);
      const tweaked = tiny.xOnlyPointAddTweak(INTERNAL_KEY, tapTweakHash(INTERNAL_KEY, leaf))!;
      output = tweaked.xOnlyPubkey;
      witness.push(concat(Uint8Array.of(0xc0 | tweaked.parity), INTERNAL_KEY));
    } else witness.push(fromHex(item));
  }
  return output === undefined ? { witness } : { witness, output };
}

/** A transaction that makes the output, and one that spends it (Core test/util/transaction_utils.cpp). */
function checkerOf({ scriptPubKey, scriptSig, witness, value }: Case): TransactionSignatureChecker {
  const credit: Transaction = {
    version: 1,
    inputs: [{
      prevout: { txid: new Uint8Array(32), index: 0xffff_ffff },
      scriptSig: Uint8Array.of(0, 0), sequence: 0xffff_ffff, witness: [],
    }],
    outputs: [{ value, scriptPubKey }],
    lockTime: 0,
  };
  const spend: Transaction = {
    version: 1,
    inputs: [{
      prevout: { txid: txid(credit), index: 0 }, scriptSig, sequence: 0xffff_ffff, witness,
    }],
    outputs: [{ value, scriptPubKey: new Uint8Array(0) }],
    lockTime: 0,
  };
  const precomputed = PrecomputedTransaction.of(spend, credit.outputs, fastHashes);
  return new TransactionSignatureChecker(precomputed, 0, fastVerifier);
}

/** Core's vectors call two errors by shorter names than its code does (script_tests.cpp). */
function vectorName(error: ScriptError): string {
  return error === 'SIG_NULLFAIL' ? 'NULLFAIL' : error;
}

const { P2SH, WITNESS, CLEANSTACK } = ScriptVerifyFlags;

/** Whether Core would not assert on such flags. */
function areSound(flags: number): boolean {
  if ((flags & CLEANSTACK) !== 0 && (flags & WITNESS) === 0) return false;
  return (flags & WITNESS) === 0 || (flags & P2SH) !== 0;
}

describeWithData('script_tests.json of Core', () => {
  const rows = jsonFile<Row[]>('vectors/core/script_tests.json');
  const cases = rows.map(parseRow).filter((found) => found !== undefined);
  const verify = (one: Case, flags: number, checker: TransactionSignatureChecker): ScriptError =>
    verifyScript(one.scriptSig, one.scriptPubKey, one.witness, flags, checker);

  test('each case ends with the error that it names', () => {
    const disagreements: string[] = [];
    for (const one of cases) {
      // As Core's DoTest does, since it asserts that these come together.
      const flags = one.flags & CLEANSTACK ? one.flags | P2SH | WITNESS : one.flags;
      const found = vectorName(verify(one, flags, checkerOf(one)));
      if (found !== one.expected) disagreements.push(`${found}: ${one.text}`);
    }
    expect(disagreements).toEqual([]);
    expect(cases).toHaveLength(1_212);
  });

  test('fewer flags never refuse what more allow, nor do more allow what fewer refuse', () => {
    const random = seeded(20);
    for (const one of cases) {
      const base = one.flags & CLEANSTACK ? one.flags | P2SH | WITNESS : one.flags;
      for (let i = 0; i < 12; i++) {
        const other = random(1 << 21);
        const flags = one.expected === 'OK' ? base & ~other : base | other;
        if (!areSound(flags)) continue;
        const accepted = verify(one, flags, checkerOf(one)) === 'OK';
        if (accepted !== (one.expected === 'OK')) throw new Error(`${flags}: ${one.text}`);
      }
    }
  });
});
