import {
  nobleVerifier,
  PrecomputedTransaction,
  verifyTransactionScripts,
  type ScriptVerifyFlags,
  type SignatureVerifier,
} from '@btcp2p/script';
import type { BlockView, TxOut } from '@btcp2p/wire';
import type { ScriptChecker, ScriptFailure } from './ports.ts';

/** A {@link ScriptChecker} that checks each transaction at once, in the calling thread. */
export class SequentialScriptChecker implements ScriptChecker {
  readonly #verifier: SignatureVerifier;
  #block: BlockView | undefined;
  #flags = 0 as ScriptVerifyFlags;
  #failure: ScriptFailure | undefined;

  constructor(verifier: SignatureVerifier = nobleVerifier) {
    this.#verifier = verifier;
  }

  begin(block: BlockView, flags: number): void {
    this.#block = block;
    this.#flags = flags as ScriptVerifyFlags;
    this.#failure = undefined;
  }

  add(transaction: number, prevouts: readonly TxOut[]): void {
    if (this.#failure !== undefined) return;
    const precomputed = PrecomputedTransaction.of(this.#block!.transaction(transaction), prevouts);
    const result = verifyTransactionScripts(precomputed, this.#flags, this.#verifier);
    if (result.status === 'ok') return;
    this.#failure = { transaction, input: result.inputIndex, error: result.error };
  }

  finish(): ScriptFailure | undefined {
    this.#block = undefined;
    return this.#failure;
  }
}
