import { viewOf } from './bytes.ts';
import { findAndDelete } from './find-and-delete.ts';
import {
  MAX_OPS_PER_SCRIPT, MAX_PUBKEYS_PER_MULTISIG, VALIDATION_WEIGHT_PER_SIGOP_PASSED,
} from './limits.ts';
import {
  OP_CHECKMULTISIG, OP_CHECKMULTISIGVERIFY, OP_CHECKSIG, OP_CHECKSIGADD, OP_CHECKSIGVERIFY,
} from './opcodes.ts';
import type { ScriptExecution } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { pushOf } from './script-form.ts';
import { decodeScriptNumber, EMPTY, encodeScriptNumber, TRUE } from './script-number.ts';
import { checkPublicKeyEncoding, checkSignatureEncoding } from './signature-encoding.ts';

/**
 * What a signature opcode found: the signature holds (`OK`); it does not, and the script goes on with
 * that (`NO`); or the script fails.
 */
type Verdict = ScriptError | 'NO';

/** `OP_CHECKSIG` to `OP_CHECKMULTISIGVERIFY`, and `OP_CHECKSIGADD`. */
export function executeSignature(execution: ScriptExecution, opcode: number): ScriptError {
  switch (opcode) {
    case OP_CHECKSIG:
    case OP_CHECKSIGVERIFY:
      return executeCheckSig(execution, opcode);
    case OP_CHECKSIGADD:
      return executeCheckSigAdd(execution);
    case OP_CHECKMULTISIG:
    case OP_CHECKMULTISIGVERIFY:
      return executeCheckMultiSig(execution, opcode);
    default:
      throw new Error(`opcode ${opcode} checks no signature`);
  }
}

function executeCheckSig(execution: ScriptExecution, opcode: number): ScriptError {
  const { stack } = execution;
  const size = stack.length;
  if (size < 2) return 'INVALID_STACK_OPERATION';
  const verdict = checkSignature(execution, stack[size - 2]!, stack[size - 1]!);
  if (verdict !== 'OK' && verdict !== 'NO') return verdict;
  stack.length = size - 2;
  if (opcode === OP_CHECKSIGVERIFY) return verdict === 'OK' ? 'OK' : 'CHECKSIGVERIFY';
  stack.push(verdict === 'OK' ? TRUE : EMPTY);
  return 'OK';
}

/** Adds 1 to a number if the signature holds: tapscript's way to count them (BIP 342). */
function executeCheckSigAdd(execution: ScriptExecution): ScriptError {
  const { stack } = execution;
  const size = stack.length;
  if (execution.sigVersion !== 'TAPSCRIPT') return 'BAD_OPCODE';
  if (size < 3) return 'INVALID_STACK_OPERATION';
  const count = decodeScriptNumber(stack[size - 2]!, execution.minimal);
  if (Number.isNaN(count)) return 'UNKNOWN_ERROR';
  const verdict = checkSignature(execution, stack[size - 3]!, stack[size - 1]!);
  if (verdict !== 'OK' && verdict !== 'NO') return verdict;
  stack.length = size - 3;
  stack.push(encodeScriptNumber(count + (verdict === 'OK' ? 1 : 0)));
  return 'OK';
}

function checkSignature(
  execution: ScriptExecution, signature: Uint8Array, publicKey: Uint8Array,
): Verdict {
  return execution.sigVersion === 'TAPSCRIPT'
    ? checkTapscriptSignature(execution, signature, publicKey)
    : checkEcdsaSignature(execution, signature, publicKey);
}

/** One ECDSA signature (Core `EvalChecksigPreTapscript`). */
function checkEcdsaSignature(
  execution: ScriptExecution, signature: Uint8Array, publicKey: Uint8Array,
): Verdict {
  const { flags, sigVersion } = execution;
  const whole = scriptCodeOf(execution);
  const scriptCode = sigVersion === 'BASE' ? withoutSignature(whole, signature) : whole;
  if (scriptCode !== whole && (flags & ScriptVerifyFlags.CONST_SCRIPTCODE) !== 0) {
    return 'SIG_FINDANDDELETE';
  }
  const error = checkEncodings(execution, signature, publicKey);
  if (error !== 'OK') return error;
  if (execution.checker.checkEcdsaSignature(signature, publicKey, scriptCode, sigVersion)) return 'OK';
  const mustBeEmpty = (flags & ScriptVerifyFlags.NULLFAIL) !== 0;
  return mustBeEmpty && signature.length > 0 ? 'SIG_NULLFAIL' : 'NO';
}

function checkEncodings(
  { flags, sigVersion }: ScriptExecution, signature: Uint8Array, publicKey: Uint8Array,
): ScriptError {
  const error = checkSignatureEncoding(signature, flags);
  return error === 'OK' ? checkPublicKeyEncoding(publicKey, flags, sigVersion) : error;
}

/** The part of the script that signatures cover. */
function scriptCodeOf({ script, scriptCodeStart }: ScriptExecution): Uint8Array {
  return scriptCodeStart === 0 ? script : viewOf(script, scriptCodeStart, script.length);
}

/** A signature cannot cover itself: before segwit it is taken out of the script that it covers. */
function withoutSignature(scriptCode: Uint8Array, signature: Uint8Array): Uint8Array {
  if (signature.length >= scriptCode.length) return scriptCode;
  return findAndDelete(scriptCode, pushOf(signature));
}

/**
 * One Schnorr signature (Core `EvalChecksigTapscript`, BIP 342). The order is consensus: the budget is
 * charged for any signature that is not empty, even for a key of an unknown kind; an empty one is a
 * plain no, unless the key is empty; one that does not hold fails the script.
 */
function checkTapscriptSignature(
  { data, flags, checker }: ScriptExecution, signature: Uint8Array, publicKey: Uint8Array,
): Verdict {
  const present = signature.length > 0;
  if (present) {
    data.validationWeightLeft -= VALIDATION_WEIGHT_PER_SIGOP_PASSED;
    if (data.validationWeightLeft < 0) return 'TAPSCRIPT_VALIDATION_WEIGHT';
  }
  if (publicKey.length === 0) return 'PUBKEYTYPE';
  if (publicKey.length === 32) {
    return present ? checker.checkSchnorrSignature(signature, publicKey, data) : 'NO';
  }
  if ((flags & ScriptVerifyFlags.DISCOURAGE_UPGRADABLE_PUBKEYTYPE) !== 0) {
    return 'DISCOURAGE_UPGRADABLE_PUBKEYTYPE';
  }
  return present ? 'OK' : 'NO';
}

/**
 * On the stack, from below: one element too many, which has always been taken off as well; signatures;
 * how many; public keys; how many. Each signature needs a key, in the same order.
 */
function executeCheckMultiSig(execution: ScriptExecution, opcode: number): ScriptError {
  const { stack, flags, minimal } = execution;
  if (execution.sigVersion === 'TAPSCRIPT') return 'TAPSCRIPT_CHECKMULTISIG';
  const size = stack.length;
  if (size < 1) return 'INVALID_STACK_OPERATION';
  const keyCount = decodeScriptNumber(stack[size - 1]!, minimal);
  if (Number.isNaN(keyCount)) return 'UNKNOWN_ERROR';
  if (keyCount < 0 || keyCount > MAX_PUBKEYS_PER_MULTISIG) return 'PUBKEY_COUNT';
  execution.opCount += keyCount;
  if (execution.opCount > MAX_OPS_PER_SCRIPT) return 'OP_COUNT';
  if (size < keyCount + 2) return 'INVALID_STACK_OPERATION';
  const signatureCount = decodeScriptNumber(stack[size - keyCount - 2]!, minimal);
  if (Number.isNaN(signatureCount)) return 'UNKNOWN_ERROR';
  if (signatureCount < 0 || signatureCount > keyCount) return 'SIG_COUNT';
  const used = keyCount + signatureCount + 3;
  if (size < used) return 'INVALID_STACK_OPERATION';

  const verdict = checkMultiSig(execution, keyCount, signatureCount);
  if (verdict !== 'OK' && verdict !== 'NO') return verdict;
  if (verdict === 'NO' && (flags & ScriptVerifyFlags.NULLFAIL) !== 0) {
    for (let i = size - used + 1; i <= size - used + signatureCount; i++) {
      if (stack[i]!.length > 0) return 'SIG_NULLFAIL';
    }
  }
  const surplus = stack[size - used]!;
  if ((flags & ScriptVerifyFlags.NULLDUMMY) !== 0 && surplus.length > 0) return 'SIG_NULLDUMMY';
  stack.length = size - used;
  if (opcode === OP_CHECKMULTISIGVERIFY) return verdict === 'OK' ? 'OK' : 'CHECKMULTISIGVERIFY';
  stack.push(verdict === 'OK' ? TRUE : EMPTY);
  return 'OK';
}

/**
 * Tries keys one after another, from the top of the stack down, until each signature has found its
 * own, or too few are left. Encodings are checked only of what is tried.
 */
function checkMultiSig(
  execution: ScriptExecution, keyCount: number, signatureCount: number,
): Verdict {
  const { stack, checker, sigVersion } = execution;
  let key = stack.length - 2;
  let signature = key - keyCount - 1;
  const scriptCode = multiSigScriptCode(execution, signature, signatureCount);
  if (scriptCode === undefined) return 'SIG_FINDANDDELETE';
  let keysLeft = keyCount;
  for (let signaturesLeft = signatureCount; signaturesLeft > 0; keysLeft--, key--) {
    if (signaturesLeft > keysLeft) return 'NO';
    const error = checkEncodings(execution, stack[signature]!, stack[key]!);
    if (error !== 'OK') return error;
    if (checker.checkEcdsaSignature(stack[signature]!, stack[key]!, scriptCode, sigVersion)) {
      signature--;
      signaturesLeft--;
    }
  }
  return 'OK';
}

/** The script code without any of the signatures; undefined if policy forbids that there are some. */
function multiSigScriptCode(
  execution: ScriptExecution, topSignature: number, count: number,
): Uint8Array | undefined {
  const whole = scriptCodeOf(execution);
  if (execution.sigVersion !== 'BASE') return whole;
  let scriptCode = whole;
  for (let i = 0; i < count; i++) {
    scriptCode = withoutSignature(scriptCode, execution.stack[topSignature - i]!);
  }
  const changed = scriptCode !== whole;
  return changed && (execution.flags & ScriptVerifyFlags.CONST_SCRIPTCODE) !== 0
    ? undefined : scriptCode;
}
