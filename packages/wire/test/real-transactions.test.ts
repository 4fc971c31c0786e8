// Transactions of the chain, of Core's tests and out of fuzzers, against bitcoinjs-lib.
import { describe, expect, test } from '@jest/globals';
import { describeWithData, fromHex, jsonFile, pack, txFiles } from '@btcp2p/testdata';
import { Transaction as Other } from 'bitcoinjs-lib';
import * as fc from 'fast-check';
import {
  BlockView,
  decode,
  DecodeError,
  encode,
  hashToHex,
  hasWitness,
  Reader,
  strippedSize,
  toHex,
  Transaction,
  txid,
  weight,
  wtxid,
} from '../src/index.ts';
import { scanTransaction } from '../src/scan.ts';
import { transaction } from './support/arbitraries.ts';
import { concat, hex, mustBeSame, nativeSha256d } from './support/bytes.ts';

/** Decodes and encodes whole transactions, and compares ids and sizes with bitcoinjs-lib's. */
function check(bytes: Uint8Array): Transaction {
  const value = decode(Transaction, bytes);
  mustBeSame(encode(Transaction, value), bytes, 'written again');
  const other = Other.fromBuffer(bytes);
  mustBeSame(other.toBuffer(), bytes, 'written again by bitcoinjs-lib');
  mustBeSame(txid(value, nativeSha256d), other.getHash(), 'txid');
  if (!other.isCoinbase()) mustBeSame(wtxid(value, nativeSha256d), other.getHash(true), 'wtxid');
  expect([weight(value), strippedSize(value), hasWitness(value)]).toEqual([
    other.weight(),
    other.byteLength(false),
    other.hasWitnesses(),
  ]);
  // The same transaction as the only one of a block.
  const view = BlockView.of(concat([new Uint8Array(80), Uint8Array.of(1), bytes]));
  mustBeSame(view.txid(0, nativeSha256d), other.getHash(), 'txid in a block');
  expect([view.weight, view.strippedSize]).toEqual([
    4 * 81 + other.weight(),
    81 + other.byteLength(false),
  ]);
  return value;
}

describeWithData('transactions of extreme size', () => {
  // Two of the files hold the same transaction, of half a million empty witness items.
  const files = txFiles().filter(({ name }) => name !== 'rust-bitcoin_huge_witness');

  test.each(files.map(({ name }) => name))('%s', (name) => {
    const value = check(files.find((file) => file.name === name)!.bytes);
    if (/^[0-9a-f]{64}$/.test(name)) expect(hashToHex(txid(value))).toBe(name);
  });

  test('were all there', () => expect(files.length).toBeGreaterThanOrEqual(4));
});

describeWithData("Core's vectors", () => {
  type Row = [prevouts: unknown, transaction: string, flags: string];

  test.each([
    ['tx_valid', 119],
    ['tx_invalid', 93],
  ])('%s.json', (name, atLeast) => {
    const rows = jsonFile<(Row | [string])[]>(`vectors/core/${name}.json`).filter(
      (row): row is Row => row.length === 3
    );
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    for (const [, transaction] of rows) check(fromHex(transaction));
  });

  test('sighash.json', () => {
    const rows = jsonFile<(string | number)[][]>('vectors/core/sighash.json').filter(
      ({ length }) => length === 5
    );
    expect(rows).toHaveLength(500);
    for (const [transaction] of rows) check(fromHex(String(transaction)));
  });

  test('script_assets_test.json', () => {
    const rows = jsonFile<{ tx: string }[]>('vectors/script_assets_test.json');
    expect(rows).toHaveLength(2_760);
    for (const { tx } of rows) {
      const bytes = fromHex(tx);
      const value = decode(Transaction, bytes);
      mustBeSame(encode(Transaction, value), bytes, 'written again');
      mustBeSame(txid(value, nativeSha256d), Other.fromBuffer(bytes).getHash(), 'txid');
    }
  });
});

/** What a reader makes of the start of some bytes: how many it consumed, or why it did not. */
type Verdict =
  | { readonly consumed: number; readonly value?: Transaction }
  | { readonly refused: string };

function ours(bytes: Uint8Array): Verdict {
  const reader = new Reader(bytes);
  try {
    const value = Transaction.read(reader);
    return { consumed: reader.offset, value };
  } catch (error) {
    if (error instanceof DecodeError) return { refused: error.code };
    throw error;
  }
}

function scanned(bytes: Uint8Array): Verdict {
  const scan = { bytes, offset: 0, witnessOffset: 0, stripped: 0 };
  try {
    scanTransaction(scan);
    return { consumed: scan.offset };
  } catch (error) {
    if (error instanceof DecodeError) return { refused: error.code };
    throw error;
  }
}

function theirs(bytes: Uint8Array): Verdict {
  try {
    const value = Other.fromBuffer(bytes, true);
    // It does not tell how much it read, but its own form of what it read is as long.
    return { consumed: value.byteLength() };
  } catch (error) {
    return { refused: String(error) };
  }
}

/** Why bitcoinjs-lib 7 may see some bytes in another way; undefined if nothing is known. */
function reason(bytes: Uint8Array, own: Verdict): string | undefined {
  // It reads CompactSizes in any form; Core (serialize.h, ReadCompactSize) only in the shortest.
  if ('refused' in own && own.refused === 'non-canonical-size') return 'non-canonical size';
  // Behind an empty list of inputs Core reads flags, of which 1 alone is known (primitives/
  // transaction.h, UnserializeTransaction). bitcoinjs-lib knows no flags: if 1 does not follow,
  // the byte counts outputs.
  if (bytes[4] === 0 && bytes[5] !== 1) return 'no inputs';
  return undefined;
}

/** Compares all three readers; returns what the input was: accepted, refused, or the difference. */
function compare(input: Uint8Array): string {
  const own = ours(input);
  if ('consumed' in own) {
    expect(scanned(input)).toEqual({ consumed: own.consumed });
    mustBeSame(encode(Transaction, own.value!), input.subarray(0, own.consumed), 'written again');
  } else {
    expect(scanned(input)).toEqual(own);
  }
  const other = theirs(input);
  if ('consumed' in own && 'consumed' in other && own.consumed === other.consumed)
    return 'accepted';
  if ('refused' in own && 'refused' in other) return 'refused';
  return reason(input, own) ?? `unexplained: ${toHex(input)}`;
}

function countBy(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

describeWithData('fuzzed transactions', () => {
  test.each([
    ['kernel_transaction', 301],
    ['transaction_eval', 551],
  ])('%s', (name, count) => {
    const inputs = pack(name);
    expect(inputs).toHaveLength(count);
    const counts = countBy(inputs.map(compare));
    const explained = ['accepted', 'refused', 'non-canonical size', 'no inputs'];
    expect(Object.keys(counts).filter((outcome) => !explained.includes(outcome))).toEqual([]);
    expect(counts['accepted']).toBeGreaterThan(10);
    expect(counts['refused']).toBeGreaterThan(10);
  });
});

describe('where bitcoinjs-lib and Core differ, ours is with Core', () => {
  const OUTPUT = '0000000000000000 00';
  const INPUT = `${'00'.repeat(36)} 00 ffffffff`;

  test.each([
    ['two outputs and no inputs', `01000000 00 02 ${OUTPUT} ${OUTPUT} 00000000`, 'no inputs'],
    ['a count that could be shorter', `01000000 fd0100 ${INPUT} 00 00000000`, 'non-canonical size'],
    ['nothing at all', '01000000 00 00 00000000', 'accepted'],
    ['witnesses of which none has an item', `01000000 0001 01 ${INPUT} 00 00 00000000`, 'refused'],
    ['a witness', `01000000 0001 01 ${INPUT} 00 01 00 00000000`, 'accepted'],
    ['a value above 2^63', `01000000 01 ${INPUT} 01 ffffffffffffffff 00 00000000`, 'accepted'],
  ])('%s', (_name, bytes, expected) => {
    expect(compare(hex(bytes))).toBe(expected);
  });

  test('and in nothing else, in 5,000 mutations', () => {
    const byte = fc.record({ at: fc.nat(), byte: fc.constantFrom(0, 1, 0x40, 0xfd, 0xfe) });
    const mutated = fc
      .tuple(transaction, fc.array(byte, { maxLength: 3 }), fc.nat(60))
      .map(([value, changes, cut]) => {
        const bytes = encode(Transaction, value);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        // A count in the form of 3 bytes, among others.
        const at = cut % bytes.length;
        const longer = concat([
          bytes.subarray(0, at),
          Uint8Array.of(0xfd),
          bytes.subarray(at, at + 1),
          Uint8Array.of(0),
          bytes.subarray(at + 1),
        ]);
        return cut % 2 === 0 ? longer : bytes.subarray(0, Math.max(0, bytes.length - cut));
      });
    const counts = countBy(fc.sample(mutated, { numRuns: 5_000, seed: 3 }).map(compare));
    expect(Object.keys(counts).sort()).toEqual([
      'accepted',
      'no inputs',
      'non-canonical size',
      'refused',
    ]);
  });
});
