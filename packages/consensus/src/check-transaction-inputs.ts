import type { Transaction } from '@btcp2p/wire';
import { formatMoney, isMoneyRange } from './money.ts';

/**
 * Blocks from a coinbase to the first one that may spend it
 * (Core `COINBASE_MATURITY`, consensus/consensus.h).
 */
export const COINBASE_MATURITY = 100;

/** What has to be known of an output to spend it (Core `Coin`, coins.h, without its script). */
export interface SpentCoin {
  /** Satoshis. */
  readonly value: bigint;
  /** Of the block that created it. */
  readonly height: number;
  /** Whether a coinbase created it. */
  readonly isCoinbase: boolean;
}

/** Why a transaction is refused for what it spends, in Core's words (consensus/tx_verify.cpp). */
export type TransactionInputsRejectReason =
  | 'bad-txns-inputs-missingorspent'
  | 'bad-txns-premature-spend-of-coinbase'
  | 'bad-txns-inputvalues-outofrange'
  | 'bad-txns-in-belowout'
  | 'bad-txns-fee-outofrange';

/** A transaction that breaks a rule. */
export interface InvalidTransactionInputs {
  readonly status: 'invalid';
  readonly reason: TransactionInputsRejectReason;
  /** A sentence for the log; empty where Core has none. */
  readonly debug: string;
}

/** The answer of {@link checkTransactionInputs}. */
export type CheckTransactionInputsResult =
  /** In satoshis. */
  { readonly status: 'ok'; readonly fee: bigint } | InvalidTransactionInputs;

/**
 * Whether a transaction may spend these coins in a block, scripts and lock times apart, and the fee
 * that it leaves (Core `Consensus::CheckTxInputs`, consensus/tx_verify.cpp).
 *
 * @param transaction no coinbase, and one that `checkTransaction` found in order
 * @param coins one for each input, in order; undefined for an output that is not there
 * @param spendHeight of the block
 * @throws RangeError if there are not as many coins as inputs
 */
export function checkTransactionInputs(
  transaction: Pick<Transaction, 'inputs' | 'outputs'>,
  coins: readonly (SpentCoin | undefined)[],
  spendHeight: number,
): CheckTransactionInputsResult {
  const { inputs, outputs } = transaction;
  if (coins.length !== inputs.length) {
    throw new RangeError(`${coins.length} coins for ${inputs.length} inputs`);
  }
  if (!coins.every(isThere)) {
    return invalid('bad-txns-inputs-missingorspent', 'CheckTxInputs: inputs missing/spent');
  }
  let valueIn = 0n;
  for (const { value, height, isCoinbase } of coins) {
    const depth = spendHeight - height;
    if (isCoinbase && depth < COINBASE_MATURITY) {
      const debug = `tried to spend coinbase at depth ${depth}`;
      return invalid('bad-txns-premature-spend-of-coinbase', debug);
    }
    valueIn += value;
    if (!isMoneyRange(value) || !isMoneyRange(valueIn)) {
      return invalid('bad-txns-inputvalues-outofrange', '');
    }
  }
  const valueOut = totalOf(outputs);
  if (valueIn < valueOut) {
    const debug = `value in (${formatMoney(valueIn)}) < value out (${formatMoney(valueOut)})`;
    return invalid('bad-txns-in-belowout', debug);
  }
  const fee = valueIn - valueOut;
  // Only negative outputs get here, which `checkTransaction` refuses. Core has the check too.
  if (!isMoneyRange(fee)) return invalid('bad-txns-fee-outofrange', '');
  return { status: 'ok', fee };
}

/** The sum of a transaction's outputs, satoshis (Core `CTransaction::GetValueOut`). */
export function totalOf(outputs: Transaction['outputs']): bigint {
  let total = 0n;
  for (const { value } of outputs) total += value;
  return total;
}

function isThere(coin: SpentCoin | undefined): coin is SpentCoin {
  return coin !== undefined;
}

function invalid(reason: TransactionInputsRejectReason, debug: string): InvalidTransactionInputs {
  return { status: 'invalid', reason, debug };
}
