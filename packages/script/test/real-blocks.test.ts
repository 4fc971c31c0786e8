import { expect, test } from '@jest/globals';
import { type BlockFile, blockFiles, describeWithData } from '@btcp2p/testdata';
import { BlockView, type Transaction, type TxIn, type TxOut } from '@btcp2p/wire';
import {
  isPayToScriptHash, MANDATORY_SCRIPT_VERIFY_FLAGS, PrecomputedTransaction, type ScriptError,
  ScriptVerifyFlags, verifyInput, verifyTransactionScripts, witnessVersion,
} from '../src/index.ts';
import { fastHashes, fastVerifier, seeded } from './support.ts';

/** A transaction of a block, and what it spends. */
interface Spend {
  readonly transaction: Transaction;
  readonly spent: readonly TxOut[];
}

/** The heights from which rules hold (Core kernel/chainparams.cpp: BIP 66, 65, 112 and 147). */
const ACTIVATION_HEIGHTS = {
  main: [363_725, 388_381, 419_328, 481_824],
  testnet3: [330_776, 581_885, 770_112, 834_624],
} as const;

/** The flags of a block (Core validation.cpp `GetBlockScriptFlags`). None of ours is an exception. */
function blockFlags({ network, height }: BlockFile): ScriptVerifyFlags {
  const F = ScriptVerifyFlags;
  const later = [F.DERSIG, F.CHECKLOCKTIMEVERIFY, F.CHECKSEQUENCEVERIFY, F.NULLDUMMY];
  const heights = ACTIVATION_HEIGHTS[network];
  return later.reduce<number>(
    (flags, flag, i) => (height >= heights[i]! ? flags | flag : flags), F.P2SH | F.WITNESS | F.TAPROOT,
  );
}

/** All transactions but the coinbase, with what they spend, up to some number of inputs. */
function spendsOf(file: BlockFile, maxInputs = Infinity): Spend[] {
  const view = BlockView.of(file.bytes);
  const prevouts = file.prevouts ?? [];
  const spends: Spend[] = [];
  let at = 0;
  for (let i = 1; i < view.transactionCount && at < maxInputs; i++) {
    const transaction = view.transaction(i);
    const spent = prevouts.slice(at, at + transaction.inputs.length)
      .map(({ value, script }) => ({ value, scriptPubKey: script }));
    at += spent.length;
    spends.push({ transaction, spent });
  }
  return spends;
}

function verifySpend({ transaction, spent }: Spend, input: number, flags: number): ScriptError {
  const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
  return verifyInput(precomputed, input, flags, fastVerifier);
}

/** A copy with one bit the other way. */
function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function withInput({ transaction, spent }: Spend, index: number, change: Partial<TxIn>): Spend {
  const inputs = transaction.inputs.map((input, i) => (i === index ? { ...input, ...change } : input));
  return { transaction: { ...transaction, inputs }, spent };
}

function withSpent({ transaction, spent }: Spend, index: number, change: Partial<TxOut>): Spend {
  return { transaction, spent: spent.map((output, i) => (i === index ? { ...output, ...change } : output)) };
}

type Random = (limit: number) => number;

/** Changes of a single bit, each of which the signature or a hash of the script forbids. */
function changesOf(spend: Spend, index: number, random: Random): [string, Spend][] {
  const { transaction, spent } = spend;
  const { version, lockTime } = transaction;
  const { scriptSig, witness, prevout, sequence } = transaction.inputs[index]!;
  const { scriptPubKey, value } = spent[index]!;
  const otherPrevout = { ...prevout, txid: flipped(prevout.txid, random(256)) };
  const changes: [string, Spend][] = [
    ['version', { transaction: { ...transaction, version: version ^ (1 << random(31)) }, spent }],
    ['lock time', { transaction: { ...transaction, lockTime: lockTime ^ (1 << random(29)) }, spent }],
    ['sequence', withInput(spend, index, { sequence: (sequence ^ (1 << random(31))) >>> 0 })],
    ['outpoint', withInput(spend, index, { prevout: otherPrevout })],
  ];
  if (scriptSig.length > 0) {
    const changed = flipped(scriptSig, random(scriptSig.length * 8));
    changes.push(['scriptSig', withInput(spend, index, { scriptSig: changed })]);
  }
  const item = random(witness.length);
  if (witness.length > 0 && witness[item]!.length > 0) {
    const changed = witness.map((own, i) => (i === item ? flipped(own, random(own.length * 8)) : own));
    changes.push(['witness', withInput(spend, index, { witness: changed })]);
    changes.push(['amount', withSpent(spend, index, { value: value ^ (1n << BigInt(random(50))) })]);
  }
  // The hash of the script, or the program. (Other opcodes can make an output that anyone can spend.)
  const isWitness = witnessVersion(scriptPubKey) >= 0;
  const isHash = scriptPubKey.length === 25 || isPayToScriptHash(scriptPubKey);
  if (isWitness || isHash) {
    const start = isWitness || scriptPubKey.length === 23 ? 2 : 3;
    const length = isWitness ? scriptPubKey.length - 2 : 20;
    const bit = start * 8 + random(length * 8);
    changes.push(['scriptPubKey', withSpent(spend, index, { scriptPubKey: flipped(scriptPubKey, bit) })]);
  }
  return changes;
}

describeWithData('real blocks', () => {
  const files = blockFiles().filter(({ prevouts }) => prevouts !== undefined && prevouts.length > 0);
  const all = Boolean(process.env['BTCP2P_ALL_BLOCKS']);

  // Large testnet blocks take 5 s each with libsecp256k1: of those, the start.
  test.each(files)('$name: each input verifies', (file) => {
    const spends = spendsOf(file, all || file.network === 'main' ? Infinity : 300);
    const flags = blockFlags(file);
    let inputs = 0;
    for (const { transaction, spent } of spends) {
      const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
      expect(verifyTransactionScripts(precomputed, flags, fastVerifier)).toEqual({ status: 'ok' });
      inputs += spent.length;
    }
    expect(inputs).toBeGreaterThan(0);
    if (all) expect(inputs).toBe(file.prevouts!.length);
  });

  // Before BIP 66 signatures can be changed without harm; main-367891 has scripts that anyone can spend.
  const strict = files.filter(({ name, height }) => height > 363_725 && name !== 'main-367891');

  test.each(strict)('$name: one changed bit is refused', (file) => {
    const random = seeded(file.height);
    const spends = spendsOf(file, all ? Infinity : 1_500);
    const seen = new Set<string>();
    for (let round = 0; round < (all ? 200 : 16); round++) {
      const spend = spends[random(spends.length)]!;
      const index = random(spend.spent.length);
      expect(verifySpend(spend, index, MANDATORY_SCRIPT_VERIFY_FLAGS)).toBe('OK');
      for (const [what, changed] of changesOf(spend, index, random)) {
        const error = verifySpend(changed, index, MANDATORY_SCRIPT_VERIFY_FLAGS);
        if (error === 'OK') throw new Error(`${what} of an input of ${file.name} does not matter`);
        seen.add(what);
      }
    }
    expect(seen.size).toBeGreaterThan(4);
  });
});
