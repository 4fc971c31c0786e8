import {
  nobleHashes,
  nobleVerifier,
  PrecomputedTransaction,
  verifyTransactionScripts,
  type ScriptHashes,
  type SignatureVerifier,
} from '@btcp2p/script';
import type { VerifyScripts } from './ports.ts';

/** {@link VerifyScripts} in the calling thread. */
export function scriptVerification(
  verifier: SignatureVerifier = nobleVerifier,
  hashes: ScriptHashes = nobleHashes,
): VerifyScripts {
  return (transaction, spentOutputs, flags) => {
    const precomputed = PrecomputedTransaction.of(transaction, spentOutputs, hashes);
    const result = verifyTransactionScripts(precomputed, flags, verifier);
    return result.status === 'ok' ? undefined : result;
  };
}
