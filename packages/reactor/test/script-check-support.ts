import {
  PrecomputedTransaction, type ScriptVerifyFlags, verifyTransactionScripts,
} from '@btcp2p/script';
import { BlockView, Transaction, type TxIn, type TxOut, Writer } from '@btcp2p/wire';
import {
  nativeScriptHashes, nativeVerifier, type ScriptCheckFailure, type ScriptCheckPool,
} from '../src/index.ts';

/** A block's transactions but the coinbase, and what they spend. */
export interface Spends {
  readonly view: BlockView;
  readonly flags: ScriptVerifyFlags;
  readonly prevouts: ReadonlyMap<number, readonly TxOut[]>;
}

/** A linear congruential generator: numbers from 0 on below a limit, the same in each run. */
export function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}

export function shuffled<T>(values: Iterable<T>, random: (limit: number) => number): T[] {
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** One after the other, without a pool. */
export function sequential({ view, flags, prevouts }: Spends): ScriptCheckFailure | undefined {
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

export function check(
  pool: ScriptCheckPool, { view, flags, prevouts }: Spends, order: Iterable<number> = prevouts.keys(),
): ScriptCheckFailure | undefined {
  pool.begin(view, flags);
  for (const transaction of order) pool.add(transaction, prevouts.get(transaction)!);
  return pool.finish();
}

/** A block of some transactions, behind a header of zeros and a coinbase. */
export function blockOf(transactions: readonly Transaction[]): BlockView {
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

export function spending(inputs: readonly TxIn[]): Transaction {
  return { version: 2, inputs, outputs: [{ value: 1n, scriptPubKey: new Uint8Array(0) }], lockTime: 0 };
}
