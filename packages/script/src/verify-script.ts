import { equalBytes, viewOf } from './bytes.ts';
import { evalScript } from './eval-script.ts';
import type { ScriptError } from './script-error.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { isPayToScriptHash, isPushOnly, pushOf, witnessVersion } from './script-form.ts';
import { isTrue } from './script-number.ts';
import type { SignatureChecker } from './signature-checker.ts';
import { verifyWitnessProgram } from './witness-program.ts';

/** What one round of running a scriptPubKey, or what P2SH puts in its place, found. */
interface Round {
  readonly error: ScriptError;
  /** Whether the script was a witness program, so that the witness had its use. */
  readonly usedWitness: boolean;
}

const ROUND_OK: Round = { error: 'OK', usedWitness: false };

/**
 * Whether a scriptSig and a witness may spend an output: `OK`, or the first reason why not (Core
 * `VerifyScript`, script/interpreter.cpp). Never throws, whatever the bytes.
 *
 * @param witness the input's witness stack, empty where there is none
 * @param flags the rules that hold at that height, or those of a mempool
 * @param checker answers for the transaction; see {@link TransactionSignatureChecker}
 */
export function verifyScript(
  scriptSig: Uint8Array,
  scriptPubKey: Uint8Array,
  witness: readonly Uint8Array[],
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
): ScriptError {
  if ((flags & ScriptVerifyFlags.SIGPUSHONLY) !== 0 && !isPushOnly(scriptSig)) return 'SIG_PUSHONLY';
  const stack: Uint8Array[] = [];
  let error = evalScript(stack, scriptSig, flags, checker, 'BASE');
  if (error !== 'OK') return error;

  const isP2sh = (flags & ScriptVerifyFlags.P2SH) !== 0 && isPayToScriptHash(scriptPubKey);
  const pushed = isP2sh ? stack.slice() : stack;
  error = evalToTrue(stack, scriptPubKey, flags, checker);
  if (error !== 'OK') return error;
  let round = verifyWitness(scriptSig, scriptPubKey, witness, flags, checker, false);
  let left = stack.length;
  if (isP2sh) {
    // To take anything but pushes, and the script from the stack that they leave, would let others
    // change the transaction (BIP 16). The script is there: its hash has just been compared.
    if (!isPushOnly(scriptSig)) return 'SIG_PUSHONLY';
    const redeemScript = pushed.pop()!;
    error = evalToTrue(pushed, redeemScript, flags, checker);
    if (error !== 'OK') return error;
    round = verifyWitness(scriptSig, redeemScript, witness, flags, checker, true);
    left = pushed.length;
  }
  if (round.error !== 'OK') return round.error;
  // What is left on the stack of a witness program is the program, which says nothing.
  if ((flags & ScriptVerifyFlags.CLEANSTACK) !== 0 && left !== 1 && !round.usedWitness) {
    return 'CLEANSTACK';
  }
  const hasStrayWitness = witness.length > 0 && !round.usedWitness;
  return (flags & ScriptVerifyFlags.WITNESS) !== 0 && hasStrayWitness ? 'WITNESS_UNEXPECTED' : 'OK';
}

/** Runs a script of before segwit, which has to leave something true on top. */
function evalToTrue(
  stack: Uint8Array[], script: Uint8Array, flags: ScriptVerifyFlags, checker: SignatureChecker,
): ScriptError {
  const error = evalScript(stack, script, flags, checker, 'BASE');
  if (error !== 'OK') return error;
  return stack.length > 0 && isTrue(stack[stack.length - 1]!) ? 'OK' : 'EVAL_FALSE';
}

/**
 * Runs the witness if the script is a witness program (BIP 141). The scriptSig is then empty, or in
 * P2SH one plain push of the script, so that nobody can change it without the signatures failing.
 */
function verifyWitness(
  scriptSig: Uint8Array,
  script: Uint8Array,
  witness: readonly Uint8Array[],
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
  isP2sh: boolean,
): Round {
  const version = (flags & ScriptVerifyFlags.WITNESS) === 0 ? -1 : witnessVersion(script);
  if (version < 0) return ROUND_OK;
  if (!isP2sh && scriptSig.length > 0) return { error: 'WITNESS_MALLEATED', usedWitness: true };
  if (isP2sh && !equalBytes(scriptSig, pushOf(script))) {
    return { error: 'WITNESS_MALLEATED_P2SH', usedWitness: true };
  }
  const program = viewOf(script, 2, script.length);
  const error = verifyWitnessProgram(witness, version, program, flags, checker, isP2sh);
  return { error, usedWitness: true };
}
