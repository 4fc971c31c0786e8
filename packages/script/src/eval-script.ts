import { viewOf } from './bytes.ts';
import { executeControl } from './control-operations.ts';
import { executeHash } from './hash-operations.ts';
import { MAX_OPS_PER_SCRIPT, MAX_SCRIPT_ELEMENT_SIZE, MAX_SCRIPT_SIZE, MAX_STACK_SIZE } from './limits.ts';
import { executeLock } from './lock-operations.ts';
import { executeNumber } from './number-operations.ts';
import {
  isDisabledOpcode, OP_0, OP_1, OP_1NEGATE, OP_16, OP_CHECKSIGADD, OP_CODESEPARATOR, OP_ENDIF,
  OP_EQUALVERIFY, OP_HASH256, OP_IF, OP_NOP10, OP_NOP1, OP_PUSHDATA1, OP_PUSHDATA2, OP_PUSHDATA4,
  OP_RESERVED, OP_RETURN, OP_WITHIN,
} from './opcodes.ts';
import { operationEnd, pushHeaderSize } from './operation-end.ts';
import { emptyExecutionData, ScriptExecution } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { EMPTY, encodeScriptNumber } from './script-number.ts';
import type { ScriptExecutionData, SignatureChecker } from './signature-checker.ts';
import { NO_CODE_SEPARATOR } from './signature-hash-taproot.ts';
import type { SigVersion } from './signature-hash-type.ts';
import { executeSignature } from './signature-operations.ts';
import { executeStack } from './stack-operations.ts';

/** What `OP_1NEGATE` pushes. All scripts share it. */
const MINUS_ONE = encodeScriptNumber(-1);

/**
 * Runs one script (Core `EvalScript`, script/interpreter.cpp). Whether it left something true on the
 * stack is for the caller to see.
 *
 * @param stack what it starts with, and what it leaves, the top last. The elements are views of the
 *   script, or shared constants: they must not be written to.
 * @param sigVersion `TAPROOT` is none that scripts are run by
 * @param data with the leaf, the annex and the budget, in tapscript
 */
export function evalScript(
  stack: Uint8Array[],
  script: Uint8Array,
  flags: ScriptVerifyFlags,
  checker: SignatureChecker,
  sigVersion: Exclude<SigVersion, 'TAPROOT'>,
  data: ScriptExecutionData = emptyExecutionData(),
): ScriptError {
  if (sigVersion !== 'TAPSCRIPT' && script.length > MAX_SCRIPT_SIZE) return 'SCRIPT_SIZE';
  data.codeSeparatorPosition = NO_CODE_SEPARATOR;
  return run(new ScriptExecution(stack, script, flags, checker, sigVersion, data));
}

function run(execution: ScriptExecution): ScriptError {
  const { script, stack, altStack, conditions } = execution;
  for (let at = 0, position = 0; at < script.length; position++) {
    const opcode = script[at]!;
    if (opcode <= OP_PUSHDATA4) {
      const end = operationEnd(script, at);
      if (end < 0) return 'BAD_OPCODE';
      const start = at + pushHeaderSize(opcode);
      if (end - start > MAX_SCRIPT_ELEMENT_SIZE) return 'PUSH_SIZE';
      if (conditions.allTrue) {
        if (execution.minimal && !isMinimalPush(script, start, end, opcode)) return 'MINIMALDATA';
        stack.push(start === end ? EMPTY : viewOf(script, start, end));
      }
      at = end;
    } else {
      at++;
      const error =
        opcode <= OP_16 ? pushConstant(execution, opcode) : execute(execution, opcode, at, position);
      if (error !== 'OK') return error;
    }
    if (stack.length + altStack.length > MAX_STACK_SIZE) return 'STACK_SIZE';
  }
  return conditions.depth === 0 ? 'OK' : 'UNBALANCED_CONDITIONAL';
}

/** `OP_1NEGATE` and `OP_1` to `OP_16`; and `OP_RESERVED`, which counts as one but fails. */
function pushConstant(execution: ScriptExecution, opcode: number): ScriptError {
  if (!execution.conditions.allTrue) return 'OK';
  if (opcode === OP_RESERVED) return 'BAD_OPCODE';
  execution.stack.push(opcode === OP_1NEGATE ? MINUS_ONE : encodeScriptNumber(opcode - (OP_1 - 1)));
  return 'OK';
}

/**
 * Executes an opcode above `OP_16`, or finds that it is in a branch that is not taken.
 *
 * @param next where the script goes on
 * @param position the number of this operation
 */
function execute(
  execution: ScriptExecution, opcode: number, next: number, position: number,
): ScriptError {
  const { sigVersion } = execution;
  if (sigVersion !== 'TAPSCRIPT' && ++execution.opCount > MAX_OPS_PER_SCRIPT) return 'OP_COUNT';
  if (isDisabledOpcode(opcode)) return 'DISABLED_OPCODE';
  if (opcode === OP_CODESEPARATOR) {
    // Before segwit policy refuses it even where it is not executed.
    if (sigVersion === 'BASE' && (execution.flags & ScriptVerifyFlags.CONST_SCRIPTCODE) !== 0) {
      return 'OP_CODESEPARATOR';
    }
    if (!execution.conditions.allTrue) return 'OK';
    execution.scriptCodeStart = next;
    execution.data.codeSeparatorPosition = position;
    return 'OK';
  }
  if (!execution.conditions.allTrue && (opcode < OP_IF || opcode > OP_ENDIF)) return 'OK';
  return executeTaken(execution, opcode);
}

/** The opcodes in groups by range, so that none has many others in front of it. */
function executeTaken(execution: ScriptExecution, opcode: number): ScriptError {
  if (opcode <= OP_RETURN) return executeControl(execution, opcode);
  if (opcode <= OP_EQUALVERIFY) return executeStack(execution, opcode);
  if (opcode <= OP_WITHIN) return executeNumber(execution, opcode);
  if (opcode <= OP_HASH256) return executeHash(execution, opcode);
  if (opcode < OP_NOP1 || opcode === OP_CHECKSIGADD) return executeSignature(execution, opcode);
  return opcode <= OP_NOP10 ? executeLock(execution, opcode) : 'BAD_OPCODE';
}

/** Whether no shorter operation pushes the same (Core `CheckMinimalPush`, script/script.cpp). */
function isMinimalPush(script: Uint8Array, start: number, end: number, opcode: number): boolean {
  const size = end - start;
  if (size === 0) return opcode === OP_0;
  if (size === 1) {
    const byte = script[start]!;
    if ((byte >= 1 && byte <= 16) || byte === 0x81) return false;
  }
  if (size < OP_PUSHDATA1) return opcode === size;
  return opcode === (size <= 0xff ? OP_PUSHDATA1 : OP_PUSHDATA2);
}
