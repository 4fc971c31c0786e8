import { equalBytes } from './bytes.ts';
import { normalizeS, parseDerLax } from './ecdsa-signature.ts';
import { LOCKTIME_THRESHOLD } from './limits.ts';
import { nobleVerifier } from './noble-verifier.ts';
import type { PrecomputedTransaction } from './precomputed-transaction.ts';
import { hasPublicKeySize, withoutHybrid } from './public-key.ts';
import type { ScriptError } from './script-error.ts';
import type { ScriptHashes } from './script-hashes.ts';
import type { ScriptExecutionData, SignatureChecker } from './signature-checker.ts';
import { legacySignatureHash } from './signature-hash-legacy.ts';
import { taprootSignatureHash } from './signature-hash-taproot.ts';
import { type SigVersion, SignatureHashType } from './signature-hash-type.ts';
import { witnessV0SignatureHash } from './signature-hash-witness-v0.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/** A sequence that says neither replaceable nor locked (Core `CTxIn::SEQUENCE_FINAL`). */
const SEQUENCE_FINAL = 0xffff_ffff;

/** Bit 31 of a sequence: it is no relative lock time (BIP 68). */
const SEQUENCE_LOCKTIME_DISABLE_FLAG = 0x8000_0000;

/** Bit 22: the lock time counts units of 512 seconds, and not blocks (BIP 68). */
const SEQUENCE_LOCKTIME_TYPE_FLAG = 0x0040_0000;

/** The lowest 16 bits: the lock time itself (BIP 68). */
const SEQUENCE_LOCKTIME_MASK = 0xffff;

interface HashedScriptCode {
  readonly scriptCode: Uint8Array;
  readonly hash: Uint8Array;
}

/**
 * The {@link SignatureChecker} of one input of a transaction (Core
 * `GenericTransactionSignatureChecker`, script/interpreter.cpp).
 */
export class TransactionSignatureChecker implements SignatureChecker {
  readonly hashes: ScriptHashes;
  readonly #precomputed: PrecomputedTransaction;
  readonly #inputIndex: number;
  readonly #verifier: SignatureVerifier;
  /**
   * By hash type and rules, the last hash and what it is of. Where a multisig tries one key after
   * another, the hash is the same each time, and before segwit costs as much as the transaction is
   * large (Core `SigHashCache`).
   */
  readonly #hashed = new Map<number, HashedScriptCode>();

  constructor(
    precomputed: PrecomputedTransaction,
    inputIndex: number,
    verifier: SignatureVerifier = nobleVerifier,
  ) {
    this.hashes = precomputed.hashes;
    this.#precomputed = precomputed;
    this.#inputIndex = inputIndex;
    this.#verifier = verifier;
  }

  checkEcdsaSignature(
    signature: Uint8Array, publicKey: Uint8Array, scriptCode: Uint8Array, sigVersion: SigVersion,
  ): boolean {
    if (signature.length === 0 || !hasPublicKeySize(publicKey)) return false;
    const key = withoutHybrid(publicKey);
    const parsed = parseDerLax(signature.subarray(0, -1));
    if (key === undefined || parsed === undefined) return false;
    normalizeS(parsed);
    const hashType = signature[signature.length - 1]!;
    return this.#verifier.verifyEcdsa(parsed, this.#hash(scriptCode, hashType, sigVersion), key);
  }

  #hash(scriptCode: Uint8Array, hashType: number, sigVersion: SigVersion): Uint8Array {
    const isBase = sigVersion === 'BASE';
    const id = isBase ? hashType : hashType + 256;
    const known = this.#hashed.get(id);
    if (known !== undefined && equalBytes(known.scriptCode, scriptCode)) return known.hash;
    const signatureHash = isBase ? legacySignatureHash : witnessV0SignatureHash;
    const hash = signatureHash(this.#precomputed, this.#inputIndex, scriptCode, hashType);
    this.#hashed.set(id, { scriptCode, hash });
    return hash;
  }

  checkSchnorrSignature(
    signature: Uint8Array, publicKey: Uint8Array, execution: ScriptExecutionData,
  ): ScriptError {
    const { length } = signature;
    if (length !== 64 && length !== 65) return 'SCHNORR_SIG_SIZE';
    const hashType = length === 64 ? SignatureHashType.DEFAULT : signature[64]!;
    // DEFAULT is said by leaving the type out, and in no other way.
    if (length === 65 && hashType === SignatureHashType.DEFAULT) return 'SCHNORR_SIG_HASHTYPE';
    const hash = taprootSignatureHash(this.#precomputed, this.#inputIndex, hashType, execution);
    if (hash === undefined) return 'SCHNORR_SIG_HASHTYPE';
    const bare = length === 64 ? signature : signature.subarray(0, 64);
    return this.#verifier.verifySchnorr(bare, hash, publicKey) ? 'OK' : 'SCHNORR_SIG';
  }

  checkTapTweak(
    internalKey: Uint8Array, tweak: Uint8Array, outputKey: Uint8Array, parity: 0 | 1,
  ): boolean {
    return this.#verifier.checkTapTweak(internalKey, tweak, outputKey, parity);
  }

  checkLockTime(lockTime: number): boolean {
    const { transaction } = this.#precomputed;
    // Heights compare with heights, and times with times.
    const isTime = transaction.lockTime >= LOCKTIME_THRESHOLD;
    if (isTime !== lockTime >= LOCKTIME_THRESHOLD || lockTime > transaction.lockTime) return false;
    // A transaction whose sequences are all final has no lock time; to look at this one is enough.
    return transaction.inputs[this.#inputIndex]!.sequence !== SEQUENCE_FINAL;
  }

  checkSequence(sequence: number): boolean {
    const { transaction } = this.#precomputed;
    const own = transaction.inputs[this.#inputIndex]!.sequence;
    if (transaction.version < 2 || (own & SEQUENCE_LOCKTIME_DISABLE_FLAG) !== 0) return false;
    const mask = SEQUENCE_LOCKTIME_TYPE_FLAG | SEQUENCE_LOCKTIME_MASK;
    const ownMasked = own & mask;
    const masked = sequence & mask;
    // Blocks compare with blocks, and times with times.
    const sameType = ((ownMasked ^ masked) & SEQUENCE_LOCKTIME_TYPE_FLAG) === 0;
    return sameType && masked <= ownMasked;
  }
}
