import type { TxUndo } from '@btcp2p/chainstate';
import {
  hashToHex, WITNESS_SCALE_FACTOR, type Chain, type Transaction, type TxIn,
} from '@btcp2p/wire';
import { scriptToAsm } from '../../descriptors/script-asm.ts';
import { scriptToJson } from '../../descriptors/script-json.ts';
import { hexOf } from '../hex.ts';
import type { JsonMembers, JsonOutput } from '../json-value.ts';
import { amount } from '../write-json.ts';
import { Turns } from '../turns.ts';
import type { DecodedTransaction } from './decode-transaction.ts';

/** How a transaction is shown. */
export interface TransactionJsonOptions {
  readonly chain: Chain;
  /** What it spent, if known: then its fee is told. */
  readonly undo?: TxUndo | undefined;
  /** Whether each input shows what it spent, if known. */
  readonly prevouts?: boolean;
  /** Whether it ends with its bytes; it does unless this says no. */
  readonly includeHex?: boolean;
  readonly turns?: Turns;
}

/**
 * A transaction as RPCs show it (Core `TxToUniv`, core_write.cpp). One with thousands of outputs takes
 * a second, in which others get their turn.
 */
export async function transactionToJson(
  { transaction, bytes, strippedSize, txid, wtxid }: DecodedTransaction,
  options: TransactionJsonOptions,
): Promise<JsonMembers> {
  const { undo, turns = new Turns() } = options;
  const isCoinbase = isCoinbaseTransaction(transaction);
  const vin: JsonOutput[] = [];
  for (const [i, input] of transaction.inputs.entries()) {
    vin.push(inputToJson(input, isCoinbase, undo?.prevouts[i], options));
    if (turns.isOver) await turns.pass();
  }
  const vout: JsonOutput[] = [];
  for (const [n, { value, scriptPubKey }] of transaction.outputs.entries()) {
    vout.push({ value: amount(value), n, scriptPubKey: scriptToJson(scriptPubKey, options.chain) });
    if (turns.isOver) await turns.pass();
  }
  const size = bytes.length;
  const weight = (WITNESS_SCALE_FACTOR - 1) * strippedSize + size;
  return {
    txid: hashToHex(txid),
    hash: hashToHex(wtxid),
    version: transaction.version,
    size,
    vsize: Math.ceil(weight / WITNESS_SCALE_FACTOR),
    weight,
    locktime: transaction.lockTime,
    vin,
    vout,
    fee: undo && amount(feeOf(transaction, undo)),
    hex: options.includeHex === false ? undefined : hexOf(bytes),
  };
}

/** Whether it has one input, and that spends nothing. */
export function isCoinbaseTransaction({ inputs }: Pick<Transaction, 'inputs'>): boolean {
  const [first] = inputs;
  if (first === undefined || inputs.length > 1) return false;
  return first.prevout.index === 0xffff_ffff && first.prevout.txid.every((byte) => byte === 0);
}

/** What inputs have that outputs have not. */
export function feeOf({ outputs }: Pick<Transaction, 'outputs'>, { prevouts }: TxUndo): bigint {
  let fee = 0n;
  for (const { value } of prevouts) fee += value;
  for (const { value } of outputs) fee -= value;
  return fee;
}

function inputToJson(
  { prevout, scriptSig, sequence, witness }: TxIn,
  isCoinbase: boolean,
  spent: TxUndo['prevouts'][number] | undefined,
  { prevouts, chain }: TransactionJsonOptions,
): JsonOutput {
  const source = isCoinbase
    ? { coinbase: hexOf(scriptSig) }
    : {
      txid: hashToHex(prevout.txid),
      vout: prevout.index,
      scriptSig: { asm: scriptToAsm(scriptSig, true), hex: hexOf(scriptSig) },
    };
  return {
    ...source,
    txinwitness: witness.length > 0 ? witness.map(hexOf) : undefined,
    prevout:
      spent === undefined || prevouts !== true
        ? undefined
        : {
          generated: spent.isCoinbase,
          height: spent.height,
          value: amount(spent.value),
          scriptPubKey: scriptToJson(spent.scriptPubKey, chain),
        },
    sequence,
  };
}
