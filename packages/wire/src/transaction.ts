import type { Codec } from './codec.ts';
import { MAX_SIZE } from './limits.ts';
import type { Reader } from './reader.ts';
import { sha256d, type Sha256d } from './sha256d.ts';
import { compactSizeSize, varBytesSize, Writer } from './writer.ts';

/** One output of an earlier transaction. */
export interface OutPoint {
  /** Its transaction, 32 bytes in wire order. */
  readonly txid: Uint8Array;
  /** Which of its outputs, from 0; 2^32 - 1 in a coinbase. */
  readonly index: number;
}

/** What a transaction spends. */
export interface TxIn {
  readonly prevout: OutPoint;
  readonly scriptSig: Uint8Array;
  /** Unsigned 32 bits (BIP 68, BIP 125). */
  readonly sequence: number;
  /** The witness stack (BIP 141), empty where there is none. */
  readonly witness: readonly Uint8Array[];
}

/** What a transaction creates. */
export interface TxOut {
  /** Satoshis, signed 64 bits as in Core; valid ones are 0 to 21e14. */
  readonly value: bigint;
  readonly scriptPubKey: Uint8Array;
}

/** A transaction. */
export interface Transaction {
  /** Unsigned 32 bits. */
  readonly version: number;
  readonly inputs: readonly TxIn[];
  readonly outputs: readonly TxOut[];
  /** Block height below 500,000,000, else Unix seconds. */
  readonly lockTime: number;
}

/** Whether any input has a witness, and so the transaction takes the form of BIP 144. */
export function hasWitness(transaction: Transaction): boolean {
  for (const input of transaction.inputs) if (input.witness.length > 0) return true;
  return false;
}

/**
 * A transaction on the wire: version, and where an input has a witness the marker 0 and the flag 1
 * (BIP 144); inputs; outputs; the witnesses; lock time.
 *
 * Reading throws what Core's `UnserializeTransaction` (primitives/transaction.h) refuses: a flag
 * without any witness is `superfluous-witness`, any other flag `unknown-transaction-flags`.
 */
export const Transaction: Codec<Transaction> = {
  size(transaction: Transaction): number {
    const stripped = strippedSize(transaction);
    return hasWitness(transaction) ? stripped + 2 + witnessesSize(transaction) : stripped;
  },
  write(writer: Writer, transaction: Transaction): void {
    const witness = hasWitness(transaction);
    writer.u32(transaction.version);
    if (witness) writer.u16(0x0100);
    writeInputsAndOutputs(writer, transaction);
    if (witness) {
      for (const input of transaction.inputs) {
        writer.compactSize(input.witness.length);
        for (const item of input.witness) writer.varBytes(item);
      }
    }
    writer.u32(transaction.lockTime);
  },
  read(reader: Reader): Transaction {
    const version = reader.u32();
    let inputCount = readCount(reader, 41);
    let outputs: readonly TxOut[] = [];
    if (inputCount > 0) {
      const inputs = readInputs(reader, inputCount);
      outputs = readOutputs(reader);
      return { version, inputs: freeze(inputs), outputs, lockTime: reader.u32() };
    }
    // No inputs: in the form of BIP 144, the byte just read was the marker.
    const flagsOffset = reader.offset;
    const flags = reader.u8();
    if (flags === 0) return { version, inputs: [], outputs, lockTime: reader.u32() };
    inputCount = readCount(reader, 41);
    const inputs = readInputs(reader, inputCount);
    outputs = readOutputs(reader);
    if ((flags & 1) !== 0) {
      let any = false;
      for (const input of inputs) {
        const count = readCount(reader, 1);
        if (count === 0) continue;
        any = true;
        const witness: Uint8Array[] = [];
        for (let i = 0; i < count; i++) witness.push(reader.varBytes());
        input.witness = witness;
      }
      if (!any) reader.fail('superfluous-witness', flagsOffset);
    }
    if ((flags & ~1) !== 0) reader.fail('unknown-transaction-flags', flagsOffset);
    return { version, inputs: freeze(inputs), outputs, lockTime: reader.u32() };
  },
};

type OpenTxIn = { -readonly [K in keyof TxIn]: TxIn[K] };

const NO_WITNESS: readonly Uint8Array[] = [];

/** The inputs are complete: from here on they are read-only. */
function freeze(inputs: OpenTxIn[]): readonly TxIn[] {
  return inputs;
}

function readCount(reader: Reader, minSize: number): number {
  return reader.count(MAX_SIZE, minSize);
}

function readInputs(reader: Reader, count: number): OpenTxIn[] {
  const inputs: OpenTxIn[] = [];
  for (let i = 0; i < count; i++) {
    inputs.push({
      prevout: { txid: reader.bytes(32), index: reader.u32() },
      scriptSig: reader.varBytes(),
      sequence: reader.u32(),
      witness: NO_WITNESS,
    });
  }
  return inputs;
}

function readOutputs(reader: Reader): TxOut[] {
  const count = readCount(reader, 9);
  const outputs: TxOut[] = [];
  for (let i = 0; i < count; i++) {
    outputs.push({ value: reader.i64(), scriptPubKey: reader.varBytes() });
  }
  return outputs;
}

function writeInputsAndOutputs(writer: Writer, transaction: Transaction): void {
  writer.compactSize(transaction.inputs.length);
  for (const input of transaction.inputs) {
    writer.hash(input.prevout.txid);
    writer.u32(input.prevout.index);
    writer.varBytes(input.scriptSig);
    writer.u32(input.sequence);
  }
  writer.compactSize(transaction.outputs.length);
  for (const output of transaction.outputs) {
    writer.i64(output.value);
    writer.varBytes(output.scriptPubKey);
  }
}

/** Bytes of a transaction without its witnesses. */
export function strippedSize(transaction: Transaction): number {
  const { inputs, outputs } = transaction;
  let size = 8 + compactSizeSize(inputs.length) + compactSizeSize(outputs.length);
  for (const input of inputs) size += 40 + varBytesSize(input.scriptSig);
  for (const output of outputs) size += 8 + varBytesSize(output.scriptPubKey);
  return size;
}

function witnessesSize(transaction: Transaction): number {
  let size = 0;
  for (const { witness } of transaction.inputs) {
    size += compactSizeSize(witness.length);
    for (const item of witness) size += varBytesSize(item);
  }
  return size;
}

/** The bytes that a txid is the hash of: those without witnesses (BIP 141). */
export function strippedBytes(transaction: Transaction): Uint8Array {
  const bytes = new Uint8Array(strippedSize(transaction));
  const writer = new Writer(bytes);
  writer.u32(transaction.version);
  writeInputsAndOutputs(writer, transaction);
  writer.u32(transaction.lockTime);
  return bytes;
}

/** A transaction's id: SHA-256d of its bytes without witnesses, 32 bytes in wire order. */
export function txid(transaction: Transaction, hash: Sha256d = sha256d): Uint8Array {
  return hash(strippedBytes(transaction));
}

/**
 * A transaction's witness id: SHA-256d of all its bytes, 32 bytes in wire order (BIP 141). Where
 * there is no witness it equals the txid.
 */
export function wtxid(transaction: Transaction, hash: Sha256d = sha256d): Uint8Array {
  const bytes = new Uint8Array(Transaction.size(transaction));
  Transaction.write(new Writer(bytes), transaction);
  return hash(bytes);
}

/** A transaction's weight: three times its stripped size plus its size (BIP 141). */
export function weight(transaction: Transaction): number {
  return 3 * strippedSize(transaction) + Transaction.size(transaction);
}
