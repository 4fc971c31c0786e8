import { compactSizeSize, varBytesSize, Writer } from '@btcp2p/wire';
import { equalBytes } from './bytes.ts';
import { evalScript } from './eval-script.ts';
import {
  ANNEX_TAG, MAX_SCRIPT_ELEMENT_SIZE, MAX_STACK_SIZE, TAPROOT_CONTROL_BASE_SIZE,
  TAPROOT_CONTROL_MAX_SIZE, TAPROOT_CONTROL_NODE_SIZE, TAPROOT_LEAF_MASK, TAPROOT_LEAF_TAPSCRIPT,
  VALIDATION_WEIGHT_OFFSET,
} from './limits.ts';
import { isOpSuccess, OP_CHECKSIG, OP_DUP, OP_EQUALVERIFY, OP_HASH160 } from './opcodes.ts';
import { operationEnd } from './operation-end.ts';
import { emptyExecutionData } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { isTrue } from './script-number.ts';
import type { ScriptExecutionData, SignatureChecker } from './signature-checker.ts';
import { tapleafHash, taprootMerkleRoot, tapTweakHash } from './taproot.ts';

/** The public key hash of a program of version 0 (BIP 141). */
const WITNESS_V0_KEYHASH_SIZE = 20;

/** The script hash of a program of version 0 (BIP 141). */
const WITNESS_V0_SCRIPTHASH_SIZE = 32;

/** The output key of a program of version 1 (BIP 341). */
const WITNESS_V1_TAPROOT_SIZE = 32;

/**
 * Runs a witness against the program that it spends (Core `VerifyWitnessProgram`,
 * script/interpreter.cpp). Programs that have no meaning yet can be spent with anything.
 *
 * @param version 0 to 16
 * @param program 2 to 40 bytes
 * @param isP2sh whether the program is inside of P2SH, where there is no taproot
 */
export function verifyWitnessProgram(
  witness: readonly Uint8Array[],
  version: number,
  program: Uint8Array,
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
  isP2sh: boolean,
): ScriptError {
  if (version === 0) return verifyVersion0(witness, program, flags, checker);
  if (version === 1 && program.length === WITNESS_V1_TAPROOT_SIZE && !isP2sh) {
    if ((flags & ScriptVerifyFlags.TAPROOT) === 0) return 'OK';
    return verifyTaproot(witness, program, flags, checker);
  }
  if (version === 1 && !isP2sh && isAnchor(program)) return 'OK';
  return (flags & ScriptVerifyFlags.DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM) === 0
    ? 'OK' : 'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM';
}

/** The program of an anchor, an output made to be spent by anyone (Core `CScript::IsPayToAnchor`). */
function isAnchor(program: Uint8Array): boolean {
  return program.length === 2 && program[0] === 0x4e && program[1] === 0x73;
}

function verifyVersion0(
  witness: readonly Uint8Array[],
  program: Uint8Array,
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
): ScriptError {
  if (program.length === WITNESS_V0_KEYHASH_SIZE) {
    if (witness.length !== 2) return 'WITNESS_PROGRAM_MISMATCH';
    const stack = witness.slice();
    return executeWitnessScript(stack, payToPublicKeyHash(program), flags, checker, 'WITNESS_V0');
  }
  if (program.length !== WITNESS_V0_SCRIPTHASH_SIZE) return 'WITNESS_PROGRAM_WRONG_LENGTH';
  const stack = witness.slice();
  const script = stack.pop();
  if (script === undefined) return 'WITNESS_PROGRAM_WITNESS_EMPTY';
  if (!equalBytes(checker.hashes.sha256(script), program)) return 'WITNESS_PROGRAM_MISMATCH';
  return executeWitnessScript(stack, script, flags, checker, 'WITNESS_V0');
}

/** The script that a program of 20 bytes stands for. */
function payToPublicKeyHash(hash: Uint8Array): Uint8Array {
  const script = new Uint8Array(25);
  script[0] = OP_DUP;
  script[1] = OP_HASH160;
  script[2] = WITNESS_V0_KEYHASH_SIZE;
  script.set(hash, 3);
  script[23] = OP_EQUALVERIFY;
  script[24] = OP_CHECKSIG;
  return script;
}

/** BIP 341, "Script validation rules". */
function verifyTaproot(
  witness: readonly Uint8Array[],
  outputKey: Uint8Array,
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
): ScriptError {
  const data = emptyExecutionData();
  const stack = witness.slice();
  if (stack.length === 0) return 'WITNESS_PROGRAM_WITNESS_EMPTY';
  if (stack.length >= 2 && stack[stack.length - 1]![0] === ANNEX_TAG) {
    data.annexHash = hashWithLength(stack.pop()!, checker);
  }
  if (stack.length === 1) return checker.checkSchnorrSignature(stack[0]!, outputKey, data);
  const control = stack.pop()!;
  const script = stack.pop()!;
  if (!hasControlSize(control)) return 'TAPROOT_WRONG_CONTROL_SIZE';
  const leafVersion = control[0]! & TAPROOT_LEAF_MASK;
  data.tapleafHash = tapleafHash(leafVersion, script, checker.hashes);
  if (!isCommittedTo(outputKey, control, data.tapleafHash, checker)) return 'WITNESS_PROGRAM_MISMATCH';
  if (leafVersion === TAPROOT_LEAF_TAPSCRIPT) {
    data.validationWeightLeft = serializedSize(witness) + VALIDATION_WEIGHT_OFFSET;
    return executeTapscript(stack, script, flags, checker, data);
  }
  return (flags & ScriptVerifyFlags.DISCOURAGE_UPGRADABLE_TAPROOT_VERSION) === 0
    ? 'OK' : 'DISCOURAGE_UPGRADABLE_TAPROOT_VERSION';
}

function hashWithLength(bytes: Uint8Array, checker: SignatureChecker): Uint8Array {
  const message = new Uint8Array(varBytesSize(bytes));
  new Writer(message).varBytes(bytes);
  return checker.hashes.sha256(message);
}

function hasControlSize({ length }: Uint8Array): boolean {
  return (
    length >= TAPROOT_CONTROL_BASE_SIZE &&
    length <= TAPROOT_CONTROL_MAX_SIZE &&
    (length - TAPROOT_CONTROL_BASE_SIZE) % TAPROOT_CONTROL_NODE_SIZE === 0
  );
}

/** Whether the output key is the internal key of the control block, tweaked with a tree of this leaf. */
function isCommittedTo(
  outputKey: Uint8Array, control: Uint8Array, leafHash: Uint8Array, checker: SignatureChecker,
): boolean {
  const internalKey = control.subarray(1, TAPROOT_CONTROL_BASE_SIZE);
  const root = taprootMerkleRoot(control, leafHash, checker.hashes);
  const tweak = tapTweakHash(internalKey, root, checker.hashes);
  return checker.checkTapTweak(internalKey, tweak, outputKey, (control[0]! & 1) === 0 ? 0 : 1);
}

/** Bytes of a witness in a transaction. */
function serializedSize(witness: readonly Uint8Array[]): number {
  return witness.reduce((sum, item) => sum + varBytesSize(item), compactSizeSize(witness.length));
}

/**
 * A tapscript (BIP 342). `OP_SUCCESS` comes before everything else, even before what is wrong further
 * on in the script, and before sizes of stack and elements.
 */
function executeTapscript(
  stack: Uint8Array[],
  script: Uint8Array,
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
  data: ScriptExecutionData,
): ScriptError {
  for (let at = 0; at < script.length; ) {
    const opcode = script[at]!;
    if (isOpSuccess(opcode)) {
      return (flags & ScriptVerifyFlags.DISCOURAGE_OP_SUCCESS) === 0 ? 'OK' : 'DISCOURAGE_OP_SUCCESS';
    }
    at = operationEnd(script, at);
    if (at < 0) return 'BAD_OPCODE';
  }
  if (stack.length > MAX_STACK_SIZE) return 'STACK_SIZE';
  return executeWitnessScript(stack, script, flags, checker, 'TAPSCRIPT', data);
}

/** Runs a script of a witness. It has to leave one element, and that true (Core `ExecuteWitnessScript`). */
function executeWitnessScript(
  stack: Uint8Array[],
  script: Uint8Array,
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
  sigVersion: 'WITNESS_V0' | 'TAPSCRIPT',
  data?: ScriptExecutionData,
): ScriptError {
  for (const element of stack) if (element.length > MAX_SCRIPT_ELEMENT_SIZE) return 'PUSH_SIZE';
  const error = evalScript(stack, script, flags, checker, sigVersion, data);
  if (error !== 'OK') return error;
  if (stack.length !== 1) return 'CLEANSTACK';
  return isTrue(stack[0]!) ? 'OK' : 'EVAL_FALSE';
}
