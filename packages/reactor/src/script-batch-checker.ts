import {
  PrecomputedTransaction, type ScriptVerifyFlags, type SignatureVerifier, verifyInput,
} from '@btcp2p/script';
import type { Transaction, TxOut } from '@btcp2p/wire';
import { nativeScriptHashes } from './native-script-hashes.ts';
import type { BatchResult, InputBatch } from './script-check-memory.ts';

/** A transaction, and what its inputs spend. */
export interface Spending {
  readonly transaction: Transaction;
  readonly prevouts: readonly TxOut[];
}

/** Checks inputs in one thread, and keeps what the batches of one transaction have in common. */
export class ScriptBatchChecker {
  readonly #verifier: SignatureVerifier;
  #entry = -1;
  #precomputed: PrecomputedTransaction | undefined;

  constructor(verifier: SignatureVerifier) {
    this.#verifier = verifier;
  }

  /** Forgets the last transaction: the numbers of another block are about others. */
  reset(): void {
    this.#entry = -1;
    this.#precomputed = undefined;
  }

  /**
   * Checks the inputs of a batch up to the first that fails.
   *
   * @param load gets the transaction of that number, if it is not the last one
   */
  check(
    { entry, first, count }: InputBatch, flags: ScriptVerifyFlags, load: (entry: number) => Spending,
  ): BatchResult {
    const precomputed = this.#precomputedOf(entry, load);
    for (let input = first; input < first + count; input++) {
      const error = verifyInput(precomputed, input, flags, this.#verifier);
      if (error !== 'OK') return { input, error };
    }
    return undefined;
  }

  #precomputedOf(entry: number, load: (entry: number) => Spending): PrecomputedTransaction {
    if (this.#precomputed !== undefined && this.#entry === entry) return this.#precomputed;
    const { transaction, prevouts } = load(entry);
    this.#entry = entry;
    return (this.#precomputed = PrecomputedTransaction.of(transaction, prevouts, nativeScriptHashes));
  }
}
