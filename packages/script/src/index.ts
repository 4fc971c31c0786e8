/**
 * Bitcoin's script: the interpreter for legacy, P2SH, segwit v0, taproot and tapscript with every flag
 * of Bitcoin Core's, signature hashes, signature operations. Signatures and hashes go through functions
 * that can be replaced by faster ones.
 *
 * @example
 * import { MANDATORY_SCRIPT_VERIFY_FLAGS, PrecomputedTransaction, verifyInput } from '@btcp2p/script';
 *
 * const precomputed = PrecomputedTransaction.of(transactionView, spentOutputs);
 * const error = verifyInput(precomputed, 0, MANDATORY_SCRIPT_VERIFY_FLAGS); // 'OK', or why not
 *
 * @packageDocumentation
 */
export * from './opcodes.ts';
export * from './limits.ts';
export { scriptErrors, scriptErrorString } from './script-error.ts';
export type { ScriptError } from './script-error.ts';
export {
  MANDATORY_SCRIPT_VERIFY_FLAGS, scriptVerifyFlagNames, ScriptVerifyFlags, STANDARD_SCRIPT_VERIFY_FLAGS,
} from './script-flags.ts';
export type { ScriptVerifyFlagName } from './script-flags.ts';
export { decodeScriptNumber, encodeScriptNumber } from './script-number.ts';
export { operationEnd } from './operation-end.ts';
export { isPayToScriptHash, isPushOnly, lastPush, pushOf, witnessVersion } from './script-form.ts';
export { findAndDelete } from './find-and-delete.ts';
export { nobleHashes } from './script-hashes.ts';
export type { ScriptHashes } from './script-hashes.ts';
export { isLowS, normalizeS, parseDerLax } from './ecdsa-signature.ts';
export { checkSignatureEncoding, isStrictDer } from './signature-encoding.ts';
export { SignatureHashType } from './signature-hash-type.ts';
export type { SigVersion } from './signature-hash-type.ts';
export { PrecomputedTransaction } from './precomputed-transaction.ts';
export { legacySignatureHash } from './signature-hash-legacy.ts';
export { witnessV0SignatureHash } from './signature-hash-witness-v0.ts';
export { taprootSignatureHash } from './signature-hash-taproot.ts';
export type { TaprootSignatureContext } from './signature-hash-taproot.ts';
export type { SignatureVerifier } from './signature-verifier.ts';
export { nobleVerifier } from './noble-verifier.ts';
export { DEFAULT_SIGNATURE_CACHE_BYTES, SignatureCache } from './signature-cache.ts';
export type { CachingOptions, SignatureCacheOptions } from './signature-cache.ts';
export { noSignatureChecker } from './signature-checker.ts';
export type { ScriptExecutionData, SignatureChecker } from './signature-checker.ts';
export { TransactionSignatureChecker } from './transaction-signature-checker.ts';
export { tapbranchHash, tapleafHash, taprootMerkleRoot, tapTweakHash } from './taproot.ts';
export { evalScript } from './eval-script.ts';
export { verifyScript } from './verify-script.ts';
export { verifyInput, verifyTransactionScripts } from './verify-transaction.ts';
export type { TransactionScriptsResult } from './verify-transaction.ts';
export {
  legacySigOpCount, p2shSigOpCount, transactionSigOpCost, witnessSigOpCount,
} from './sigops.ts';
