import { nativeSha256d } from '@btcp2p/reactor';
import {
  MAX_SCRIPT_ELEMENT_SIZE, MAX_SCRIPT_SIZE, OP_NOP10, operationEnd,
} from '@btcp2p/script';
import {
  DecodeError, fromHex, MAX_SIZE, Reader, TransactionView, type Transaction,
  type TxIn, type TxOut,
} from '@btcp2p/wire';
import { isHex } from '../../descriptors/key-expression.ts';
import { pushedBytes } from '../../descriptors/script-type.ts';
import { isCoinbaseTransaction } from './transaction-json.ts';

/** A transaction with its bytes, which may be in the form without witnesses though there are no inputs. */
export interface DecodedTransaction {
  readonly transaction: Transaction;
  readonly bytes: Uint8Array;
  /** Bytes without witnesses. */
  readonly strippedSize: number;
  /** 32 bytes each, in wire order. */
  readonly txid: Uint8Array;
  readonly wtxid: Uint8Array;
}

/** What a view shows. */
export function decodedView(view: TransactionView): DecodedTransaction {
  return {
    transaction: view.transaction(),
    bytes: view.bytes,
    strippedSize: view.strippedSize,
    txid: view.txid(nativeSha256d),
    wtxid: view.wtxid(nativeSha256d),
  };
}

/** In which forms bytes are read: as BIP 144 has it, and as it was before. */
export interface DecodeForms {
  readonly witness: boolean;
  readonly legacy: boolean;
}

/**
 * A whole transaction in hex (Core `DecodeHexTx`, core_read.cpp): where both forms can be read, that
 * one whose scripts make sense, or else the one of BIP 144.
 */
export function decodeTransaction(hex: string, forms: DecodeForms): DecodedTransaction | undefined {
  if (!isHex(hex)) return undefined;
  const bytes = fromHex(hex);
  const extended = forms.witness ? attempt(() => decodedView(TransactionView.of(bytes))) : undefined;
  if (extended !== undefined && hasSaneScripts(extended.transaction)) return extended;
  const legacy = forms.legacy ? attempt(() => decodeLegacy(bytes)) : undefined;
  if (legacy !== undefined && hasSaneScripts(legacy.transaction)) return legacy;
  return extended ?? legacy;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The form without witnesses: an input count of 0 is just that. */
function decodeLegacy(bytes: Uint8Array): DecodedTransaction {
  const reader = new Reader(bytes);
  const version = reader.u32();
  const inputs = Array.from({ length: reader.count(MAX_SIZE, 41) }, (): TxIn => {
    const prevout = { txid: reader.bytes(32), index: reader.u32() };
    const scriptSig = reader.varBytes();
    return { prevout, scriptSig, sequence: reader.u32(), witness: [] };
  });
  const outputs = Array.from({ length: reader.count(MAX_SIZE, 9) }, (): TxOut => {
    return { value: reader.i64(), scriptPubKey: reader.varBytes() };
  });
  const transaction = { version, inputs, outputs, lockTime: reader.u32() };
  reader.end();
  const txid = nativeSha256d(bytes);
  return { transaction, bytes, strippedSize: bytes.length, txid, wtxid: txid };
}

/** Core `CheckTxScriptsSanity` (core_read.cpp). */
function hasSaneScripts(transaction: Transaction): boolean {
  const { inputs, outputs } = transaction;
  const spent = isCoinbaseTransaction(transaction) ? [] : inputs;
  const scripts = [
    ...spent.map(({ scriptSig }) => scriptSig), ...outputs.map(({ scriptPubKey }) => scriptPubKey),
  ];
  return scripts.every((script) => script.length <= MAX_SCRIPT_SIZE && hasValidOps(script));
}

/** Whether a script is made of opcodes that there are, and of pushes that fit (Core `HasValidOps`). */
export function hasValidOps(script: Uint8Array): boolean {
  for (let at = 0; at < script.length; ) {
    const end = operationEnd(script, at);
    if (end < 0 || script[at]! > OP_NOP10) return false;
    if (pushedBytes(script, at, end).length > MAX_SCRIPT_ELEMENT_SIZE) return false;
    at = end;
  }
  return true;
}
