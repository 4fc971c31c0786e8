import { nobleVerifier } from './noble-verifier.ts';
import type { PrecomputedTransaction } from './precomputed-transaction.ts';
import type { ScriptError } from './script-error.ts';
import type { ScriptVerifyFlags } from './script-flags.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import { TransactionSignatureChecker } from './transaction-signature-checker.ts';
import { verifyScript } from './verify-script.ts';

/** What {@link verifyTransactionScripts} found: the first input whose scripts fail, if there is one. */
export type TransactionScriptsResult =
  | { readonly status: 'ok' }
  | {
      readonly status: 'invalid';
      readonly inputIndex: number;
      readonly error: Exclude<ScriptError, 'OK'>;
    };

const ALL_OK: TransactionScriptsResult = { status: 'ok' };

/**
 * Whether one input of a transaction may spend its output: `OK`, or why not. Inputs can be checked in
 * any order.
 *
 * @param inputIndex from 0; there must be one of that number
 */
export function verifyInput(
  precomputed: PrecomputedTransaction,
  inputIndex: number,
  flags: ScriptVerifyFlags,
  verifier: SignatureVerifier = nobleVerifier,
): ScriptError {
  const { scriptSig, witness } = precomputed.transaction.inputs[inputIndex]!;
  const { scriptPubKey } = precomputed.spentOutputs[inputIndex]!;
  const checker = new TransactionSignatureChecker(precomputed, inputIndex, verifier);
  return verifyScript(scriptSig, scriptPubKey, witness, flags, checker);
}

/** Whether all inputs of a transaction may spend their outputs. Not for a coinbase, which spends none. */
export function verifyTransactionScripts(
  precomputed: PrecomputedTransaction,
  flags: ScriptVerifyFlags,
  verifier: SignatureVerifier = nobleVerifier,
): TransactionScriptsResult {
  for (let inputIndex = 0; inputIndex < precomputed.transaction.inputs.length; inputIndex++) {
    const error = verifyInput(precomputed, inputIndex, flags, verifier);
    if (error !== 'OK') return { status: 'invalid', inputIndex, error };
  }
  return ALL_OK;
}
