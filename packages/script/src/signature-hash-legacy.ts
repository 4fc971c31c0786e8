import { compactSizeSize, Writer } from '@btcp2p/wire';
import { OP_CODESEPARATOR } from './opcodes.ts';
import { operationEnd } from './operation-end.ts';
import {
  BLANK_INPUT_SIZE, outputSize, type PrecomputedTransaction, writeOutput,
} from './precomputed-transaction.ts';
import { SignatureHashType } from './signature-hash-type.ts';

/** Bytes of an output that `SINGLE` leaves open: a value of -1 and an empty script. */
const BLANK_OUTPUT_SIZE = 9;

/**
 * What signatures before segwit sign (Core `SignatureHash`, script/interpreter.cpp): the hash of the
 * transaction with `scriptCode` in place of this input's script, other scripts empty, and what the hash
 * type leaves open blanked.
 *
 * Each call hashes the whole transaction, so that an input costs as much as the transaction is large:
 * what BIP 143 ended.
 *
 * @param scriptCode the script from behind the last executed `OP_CODESEPARATOR`, without the signature
 * @param hashType 32 bits, of which scripts use the lowest 8
 * @returns 32 bytes. For `SINGLE` without an output of that number they are the number 1, for which
 *   anyone can reuse a signature: a mistake of the first version that everyone must repeat.
 */
export function legacySignatureHash(
  precomputed: PrecomputedTransaction, inputIndex: number, scriptCode: Uint8Array, hashType: number,
): Uint8Array {
  const { inputs, outputs, version, lockTime } = precomputed.transaction;
  const input = inputs[inputIndex]!;
  const base = hashType & 0x1f;
  const single = base === SignatureHashType.SINGLE;
  if (single && inputIndex >= outputs.length) return numberOne();

  const code = serializedScriptCode(scriptCode);
  const anyoneCanPay = (hashType & SignatureHashType.ANYONECANPAY) !== 0;
  const all = !single && base !== SignatureHashType.NONE;
  const blanks = anyoneCanPay ? undefined : precomputed.blankInputs(all);
  const inputCount = anyoneCanPay ? 1 : inputs.length;
  const outputCount = all ? outputs.length : single ? inputIndex + 1 : 0;

  const size =
    4 + compactSizeSize(inputCount) + (inputCount - 1) * BLANK_INPUT_SIZE +
    36 + compactSizeSize(code.announced) + code.length + 4 +
    compactSizeSize(outputCount) + outputsSize(precomputed, all, single, inputIndex) + 4 + 4;
  const bytes = precomputed.scratch(size);
  const writer = new Writer(bytes);
  writer.u32(version);
  writer.compactSize(inputCount);
  if (blanks !== undefined) writer.bytes(blanks.subarray(0, inputIndex * BLANK_INPUT_SIZE));
  writer.hash(input.prevout.txid);
  writer.u32(input.prevout.index);
  writer.compactSize(code.announced);
  for (const part of code.parts) writer.bytes(part);
  writer.u32(input.sequence);
  if (blanks !== undefined) writer.bytes(blanks.subarray((inputIndex + 1) * BLANK_INPUT_SIZE));
  writer.compactSize(outputCount);
  if (all) writer.bytes(precomputed.outputs());
  if (single) writeSingleOutput(writer, precomputed, inputIndex);
  writer.u32(lockTime);
  writer.u32(hashType);
  return precomputed.hashes.sha256d(bytes);
}

function numberOne(): Uint8Array {
  const one = new Uint8Array(32);
  one[0] = 1;
  return one;
}

function outputsSize(
  precomputed: PrecomputedTransaction, all: boolean, single: boolean, inputIndex: number,
): number {
  if (all) return precomputed.outputs().length;
  if (!single) return 0;
  return inputIndex * BLANK_OUTPUT_SIZE + outputSize(precomputed.transaction.outputs[inputIndex]!);
}

/** The outputs before this one blanked, then this one. */
function writeSingleOutput(writer: Writer, precomputed: PrecomputedTransaction, index: number): void {
  for (let i = 0; i < index; i++) {
    writer.i64(-1n);
    writer.u8(0);
  }
  writeOutput(writer, precomputed.transaction.outputs[index]!);
}

interface ScriptCode {
  /** The length that is written in front. */
  readonly announced: number;
  /** What is written then. */
  readonly parts: readonly Uint8Array[];
  /** Bytes of the parts. */
  readonly length: number;
}

/**
 * A script code without its `OP_CODESEPARATOR`s. Where a push runs past the end, Core announces the
 * whole length, but writes only what it had read: so does this.
 */
function serializedScriptCode(script: Uint8Array): ScriptCode {
  const parts: Uint8Array[] = [];
  let start = 0;
  let at = 0;
  while (at < script.length) {
    const isSeparator = script[at] === OP_CODESEPARATOR;
    const end = operationEnd(script, at);
    if (isSeparator) {
      parts.push(script.subarray(start, at));
      start = end;
    }
    at = end < 0 ? ~end : end;
    if (end < 0) break;
  }
  if (parts.length === 0 && at === script.length) {
    return { announced: at, parts: [script], length: at };
  }
  const separators = parts.length;
  parts.push(script.subarray(start, at));
  return { announced: script.length - separators, parts, length: at - separators };
}
