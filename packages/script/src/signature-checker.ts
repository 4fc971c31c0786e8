import { nobleHashes, type ScriptHashes } from './script-hashes.ts';
import type { ScriptError } from './script-error.ts';
import type { SigVersion } from './signature-hash-type.ts';

/**
 * What a script's run has found out that signatures depend on (Core `ScriptExecutionData`,
 * script/interpreter.h). The runner of a script writes to it.
 */
export interface ScriptExecutionData {
  /** SHA-256 of the annex behind its length; undefined without an annex. */
  annexHash: Uint8Array | undefined;
  /** The leaf that is executed; undefined outside of tapscript. */
  tapleafHash: Uint8Array | undefined;
  /** The number of the last executed `OP_CODESEPARATOR` among the operations; 2^32 - 1 if none. */
  codeSeparatorPosition: number;
  /** What is left of the budget for signatures (BIP 342), in weight units. */
  validationWeightLeft: number;
}

/**
 * What a script asks about the transaction that runs it (Core `BaseSignatureChecker`,
 * script/interpreter.h). {@link TransactionSignatureChecker} answers for a real one,
 * {@link noSignatureChecker} refuses everything. No method throws.
 */
export interface SignatureChecker {
  /** The hash functions of the opcodes. */
  readonly hashes: ScriptHashes;
  /**
   * Whether an ECDSA signature, its hash type behind it, holds for a script code.
   *
   * @param signature as on the stack: any bytes
   * @param publicKey as on the stack: any bytes
   */
  checkEcdsaSignature(
    signature: Uint8Array, publicKey: Uint8Array, scriptCode: Uint8Array, sigVersion: SigVersion,
  ): boolean;
  /**
   * `OK` if a Schnorr signature holds, or else why not.
   *
   * @param signature as on the stack: any bytes
   * @param publicKey 32 bytes
   */
  checkSchnorrSignature(
    signature: Uint8Array, publicKey: Uint8Array, execution: ScriptExecutionData,
  ): ScriptError;
  /** Whether the transaction's lock time has reached this one, which is 0 to 2^39 - 1 (BIP 65). */
  checkLockTime(lockTime: number): boolean;
  /** Whether the input's sequence has reached this one, which is 0 to 2^39 - 1 (BIP 112). */
  checkSequence(sequence: number): boolean;
  /** As {@link SignatureVerifier.checkTapTweak}. */
  checkTapTweak(
    internalKey: Uint8Array, tweak: Uint8Array, outputKey: Uint8Array, parity: 0 | 1,
  ): boolean;
}

/** A {@link SignatureChecker} for scripts without a transaction: no signature or lock time holds. */
export const noSignatureChecker: SignatureChecker = {
  hashes: nobleHashes,
  checkEcdsaSignature: () => false,
  checkSchnorrSignature: () => 'SCHNORR_SIG',
  checkLockTime: () => false,
  checkSequence: () => false,
  checkTapTweak: () => false,
};
