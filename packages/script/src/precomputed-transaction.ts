import { type Transaction, type TransactionView, type TxOut, varBytesSize, Writer } from '@btcp2p/wire';
import { nobleHashes, type ScriptHashes } from './script-hashes.ts';
import { EMPTY } from './script-number.ts';

/** Bytes of an input with an empty script (Core `CTxIn`): outpoint, one zero, sequence. */
export const BLANK_INPUT_SIZE = 36 + 1 + 4;

/**
 * A transaction and the outputs that it spends, with what its signature hashes have in common: made
 * once and shared by the checks of all its inputs. Every part is made when it is first asked for, so
 * that a transaction without signatures costs nothing.
 *
 * It borrows the bytes of both, which must not change.
 */
export class PrecomputedTransaction {
  readonly transaction: Transaction;
  /** What each input spends, in order. */
  readonly spentOutputs: readonly TxOut[];
  readonly hashes: ScriptHashes;

  #blankInputs: Uint8Array | undefined;
  #blankInputsNoSequences: Uint8Array | undefined;
  #outputs: Uint8Array | undefined;
  #scratch = EMPTY;
  #singleOutput = -1;
  #singleOutputHash = EMPTY;
  #prevoutsHash: Uint8Array | undefined;
  #sequencesHash: Uint8Array | undefined;
  #outputsHash: Uint8Array | undefined;
  #amountsHash: Uint8Array | undefined;
  #scriptsHash: Uint8Array | undefined;
  #prevoutsHash2: Uint8Array | undefined;
  #sequencesHash2: Uint8Array | undefined;
  #outputsHash2: Uint8Array | undefined;

  private constructor(
    transaction: Transaction, spentOutputs: readonly TxOut[], hashes: ScriptHashes,
  ) {
    this.transaction = transaction;
    this.spentOutputs = spentOutputs;
    this.hashes = hashes;
  }

  /**
   * @param spentOutputs one for each input, in order
   * @throws RangeError if there are more or fewer
   */
  static of(
    transaction: Transaction | TransactionView,
    spentOutputs: readonly TxOut[],
    hashes: ScriptHashes = nobleHashes,
  ): PrecomputedTransaction {
    const parts = 'inputs' in transaction ? transaction : transaction.transaction();
    if (parts.inputs.length !== spentOutputs.length) {
      throw new RangeError(`${parts.inputs.length} inputs, but ${spentOutputs.length} spent outputs`);
    }
    return new PrecomputedTransaction(parts, spentOutputs, hashes);
  }

  /**
   * All inputs without their scripts, {@link BLANK_INPUT_SIZE} bytes each: what legacy hashes have of
   * other inputs.
   *
   * @internal
   */
  blankInputs(withSequences: boolean): Uint8Array {
    if (withSequences) return (this.#blankInputs ??= this.#makeBlankInputs(true));
    return (this.#blankInputsNoSequences ??= this.#makeBlankInputs(false));
  }

  #makeBlankInputs(withSequences: boolean): Uint8Array {
    const { inputs } = this.transaction;
    const bytes = new Uint8Array(inputs.length * BLANK_INPUT_SIZE);
    const writer = new Writer(bytes);
    for (const input of inputs) {
      writer.hash(input.prevout.txid);
      writer.u32(input.prevout.index);
      writer.u8(0);
      writer.u32(withSequences ? input.sequence : 0);
    }
    return bytes;
  }

  /** All outputs as a transaction has them, without their count. @internal */
  outputs(): Uint8Array {
    if (this.#outputs !== undefined) return this.#outputs;
    const { outputs } = this.transaction;
    const bytes = new Uint8Array(outputs.reduce((sum, output) => sum + outputSize(output), 0));
    const writer = new Writer(bytes);
    for (const output of outputs) writeOutput(writer, output);
    return (this.#outputs = bytes);
  }

  /**
   * Memory for what is hashed at once and forgotten: transactions of a megabyte with thousands of
   * inputs would otherwise leave gigabytes to the garbage collector. @internal
   */
  scratch(size: number): Uint8Array {
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size + (size >> 3));
    return this.#scratch.subarray(0, size);
  }

  /** SHA-256 of all outpoints (BIP 341 `sha_prevouts`). */
  prevoutsHash(): Uint8Array {
    return (this.#prevoutsHash ??= this.#hashInputs(36, (writer, i) => {
      const { prevout } = this.transaction.inputs[i]!;
      writer.hash(prevout.txid);
      writer.u32(prevout.index);
    }));
  }

  /** SHA-256 of all sequences (BIP 341 `sha_sequences`). */
  sequencesHash(): Uint8Array {
    return (this.#sequencesHash ??= this.#hashInputs(4, (writer, i) => {
      writer.u32(this.transaction.inputs[i]!.sequence);
    }));
  }

  /** SHA-256 of all amounts spent (BIP 341 `sha_amounts`). */
  amountsHash(): Uint8Array {
    return (this.#amountsHash ??= this.#hashInputs(8, (writer, i) => {
      writer.i64(this.spentOutputs[i]!.value);
    }));
  }

  /** SHA-256 of all scriptPubKeys spent, each behind its length (BIP 341 `sha_scriptpubkeys`). */
  scriptsHash(): Uint8Array {
    if (this.#scriptsHash !== undefined) return this.#scriptsHash;
    let size = 0;
    for (const { scriptPubKey } of this.spentOutputs) size += varBytesSize(scriptPubKey);
    const bytes = new Uint8Array(size);
    const writer = new Writer(bytes);
    for (const { scriptPubKey } of this.spentOutputs) writer.varBytes(scriptPubKey);
    return (this.#scriptsHash = this.hashes.sha256(bytes));
  }

  /** SHA-256 of all outputs (BIP 341 `sha_outputs`). */
  outputsHash(): Uint8Array {
    return (this.#outputsHash ??= this.hashes.sha256(this.outputs()));
  }

  /** SHA-256d of all outpoints (BIP 143 `hashPrevouts`). */
  prevoutsHash2(): Uint8Array {
    return (this.#prevoutsHash2 ??= this.hashes.sha256(this.prevoutsHash()));
  }

  /** SHA-256d of all sequences (BIP 143 `hashSequence`). */
  sequencesHash2(): Uint8Array {
    return (this.#sequencesHash2 ??= this.hashes.sha256(this.sequencesHash()));
  }

  /** SHA-256d of all outputs (BIP 143 `hashOutputs`). */
  outputsHash2(): Uint8Array {
    return (this.#outputsHash2 ??= this.hashes.sha256(this.outputsHash()));
  }

  /**
   * SHA-256 of one output (BIP 341 `sha_single_output`). The last one is kept: a script can have
   * thousands of signatures of type `SINGLE`, and an output a megabyte.
   */
  singleOutputHash(index: number): Uint8Array {
    if (this.#singleOutput === index) return this.#singleOutputHash;
    const output = this.transaction.outputs[index]!;
    const bytes = new Uint8Array(outputSize(output));
    writeOutput(new Writer(bytes), output);
    this.#singleOutput = index;
    return (this.#singleOutputHash = this.hashes.sha256(bytes));
  }

  /** Hashes a part of fixed size of each input. */
  #hashInputs(size: number, write: (writer: Writer, index: number) => void): Uint8Array {
    const count = this.transaction.inputs.length;
    const bytes = new Uint8Array(count * size);
    const writer = new Writer(bytes);
    for (let i = 0; i < count; i++) write(writer, i);
    return this.hashes.sha256(bytes);
  }
}

/** Bytes of an output: its value, and its script behind its length. */
export function outputSize(output: TxOut): number {
  return 8 + varBytesSize(output.scriptPubKey);
}

/** Writes an output as a transaction has it. */
export function writeOutput(writer: Writer, output: TxOut): void {
  writer.i64(output.value);
  writer.varBytes(output.scriptPubKey);
}
