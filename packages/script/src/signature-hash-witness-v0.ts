import { varBytesSize, Writer } from '@btcp2p/wire';
import type { PrecomputedTransaction } from './precomputed-transaction.ts';
import { SignatureHashType } from './signature-hash-type.ts';

/** What stands for a part that the hash type leaves open. */
const ZEROS = new Uint8Array(32);

/**
 * What signatures in witness v0 sign (BIP 143): a hash of fixed-size parts, most of them shared by all
 * inputs, and of the amount spent.
 *
 * @param scriptCode the script from behind the last executed `OP_CODESEPARATOR`
 * @param hashType 32 bits, of which scripts use the lowest 8
 * @returns 32 bytes
 */
export function witnessV0SignatureHash(
  precomputed: PrecomputedTransaction, inputIndex: number, scriptCode: Uint8Array, hashType: number,
): Uint8Array {
  const { hashes, transaction } = precomputed;
  const { inputs, outputs, version, lockTime } = transaction;
  const input = inputs[inputIndex]!;
  const base = hashType & 0x1f;
  const anyoneCanPay = (hashType & SignatureHashType.ANYONECANPAY) !== 0;
  const single = base === SignatureHashType.SINGLE;
  const all = !single && base !== SignatureHashType.NONE;

  const outputsHash =
    all ? precomputed.outputsHash2()
    : single && inputIndex < outputs.length ? hashes.sha256(precomputed.singleOutputHash(inputIndex))
    : ZEROS;
  const bytes = precomputed.scratch(4 + 32 + 32 + 36 + varBytesSize(scriptCode) + 8 + 4 + 32 + 4 + 4);
  const writer = new Writer(bytes);
  writer.u32(version);
  writer.bytes(anyoneCanPay ? ZEROS : precomputed.prevoutsHash2());
  writer.bytes(!anyoneCanPay && all ? precomputed.sequencesHash2() : ZEROS);
  writer.hash(input.prevout.txid);
  writer.u32(input.prevout.index);
  writer.varBytes(scriptCode);
  writer.i64(precomputed.spentOutputs[inputIndex]!.value);
  writer.u32(input.sequence);
  writer.bytes(outputsHash);
  writer.u32(lockTime);
  writer.u32(hashType);
  return hashes.sha256d(bytes);
}
