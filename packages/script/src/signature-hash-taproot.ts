import { Writer } from '@btcp2p/wire';
import { outputSize, type PrecomputedTransaction, writeOutput } from './precomputed-transaction.ts';
import { SignatureHashType } from './signature-hash-type.ts';
import { tagPrefix } from './tagged-hash.ts';

/** What a taproot signature commits to beside the transaction. */
export interface TaprootSignatureContext {
  /** SHA-256 of the annex behind its length, 32 bytes; undefined without an annex. */
  readonly annexHash?: Uint8Array | undefined;
  /** The leaf that is executed, 32 bytes (BIP 342); undefined when spending by the key. */
  readonly tapleafHash?: Uint8Array | undefined;
  /** The number of the last executed `OP_CODESEPARATOR` among the operations; 2^32 - 1 if none. */
  readonly codeSeparatorPosition?: number | undefined;
}

/** The position of a code separator when none was executed (BIP 342). */
export const NO_CODE_SEPARATOR = 0xffff_ffff;

const TAP_SIGHASH = tagPrefix('TapSighash');

/** Room enough for a message but for the output spent: tag, transaction, input, annex, output, leaf. */
const MAX_SIZE = 64 + 10 + 5 * 32 + 1 + 40 + 32 + 32 + 37;

/** Whether a hash type is one of the seven that taproot has. */
function isTaprootHashType(hashType: number): boolean {
  return (hashType >= 0 && hashType <= 3) || (hashType >= 0x81 && hashType <= 0x83);
}

/**
 * What taproot signatures sign: BIP 341 "Common signature message", with BIP 342's extension if there
 * is a leaf.
 *
 * @param hashType 0 for a signature of 64 bytes, else its 65th byte
 * @returns 32 bytes; undefined for an unknown hash type, or `SINGLE` without an output of that number
 */
export function taprootSignatureHash(
  precomputed: PrecomputedTransaction,
  inputIndex: number,
  hashType: number,
  context: TaprootSignatureContext = {},
): Uint8Array | undefined {
  if (!isTaprootHashType(hashType)) return undefined;
  const { inputs, outputs, version, lockTime } = precomputed.transaction;
  const outputType = hashType === SignatureHashType.DEFAULT ? SignatureHashType.ALL : hashType & 3;
  const single = outputType === SignatureHashType.SINGLE;
  if (single && inputIndex >= outputs.length) return undefined;
  const anyoneCanPay = (hashType & SignatureHashType.ANYONECANPAY) !== 0;
  const { annexHash, tapleafHash, codeSeparatorPosition = NO_CODE_SEPARATOR } = context;
  const input = inputs[inputIndex]!;
  const spent = precomputed.spentOutputs[inputIndex]!;
  const outputHash = single ? precomputed.singleOutputHash(inputIndex) : undefined;

  const memory = precomputed.scratch(MAX_SIZE + outputSize(spent));
  const writer = new Writer(memory);
  writer.bytes(TAP_SIGHASH());
  writer.u8(0); // The epoch.
  writer.u8(hashType);
  writer.u32(version);
  writer.u32(lockTime);
  if (!anyoneCanPay) {
    writer.bytes(precomputed.prevoutsHash());
    writer.bytes(precomputed.amountsHash());
    writer.bytes(precomputed.scriptsHash());
    writer.bytes(precomputed.sequencesHash());
  }
  if (outputType === SignatureHashType.ALL) writer.bytes(precomputed.outputsHash());
  writer.u8((tapleafHash === undefined ? 0 : 2) + (annexHash === undefined ? 0 : 1));
  if (anyoneCanPay) {
    writer.hash(input.prevout.txid);
    writer.u32(input.prevout.index);
    writeOutput(writer, spent);
    writer.u32(input.sequence);
  } else {
    writer.u32(inputIndex);
  }
  if (annexHash !== undefined) writer.hash(annexHash);
  if (outputHash !== undefined) writer.bytes(outputHash);
  if (tapleafHash !== undefined) {
    writer.hash(tapleafHash);
    writer.u8(0); // The version of keys of 32 bytes.
    writer.u32(codeSeparatorPosition);
  }
  return precomputed.hashes.sha256(memory.subarray(0, writer.offset));
}
