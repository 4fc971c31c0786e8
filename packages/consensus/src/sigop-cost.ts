import { WITNESS_SCALE_FACTOR, type Transaction } from '@btcp2p/wire';
import { legacySigOpCount } from './sigops.ts';

/**
 * What the signature operations in a transaction's own scripts count against
 * `MAX_BLOCK_SIGOPS_COST`: 4 each (Core `GetLegacySigOpCount`, consensus/tx_verify.cpp, times
 * `WITNESS_SCALE_FACTOR`).
 */
export function legacySigOpCost(transaction: Pick<Transaction, 'inputs' | 'outputs'>): number {
  let count = 0;
  for (const { scriptSig } of transaction.inputs) count += legacySigOpCount(scriptSig);
  for (const { scriptPubKey } of transaction.outputs) count += legacySigOpCount(scriptPubKey);
  return WITNESS_SCALE_FACTOR * count;
}

/**
 * What all signature operations of a transaction count (BIP 141; Core `GetTransactionSigOpCost`,
 * consensus/tx_verify.cpp).
 *
 * @param inputCost what those count that an input brings in by the output it spends: 4 for each of
 *   P2SH, 1 for each of a witness; which of them there are takes scripts and flags to say
 */
export function sigOpCost(
  transaction: Pick<Transaction, 'inputs' | 'outputs'>,
  inputCost: (input: number) => number,
): number {
  let cost = legacySigOpCost(transaction);
  if (isCoinbaseTransaction(transaction)) return cost;
  for (let i = 0; i < transaction.inputs.length; i++) cost += inputCost(i);
  return cost;
}

/** Whether it has one input, and that spends no output (Core `CTransaction::IsCoinBase`). */
export function isCoinbaseTransaction({ inputs }: Pick<Transaction, 'inputs'>): boolean {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) return false;
  return input.prevout.index === 0xffff_ffff && input.prevout.txid.every((byte) => byte === 0);
}
