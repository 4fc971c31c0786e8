import {
  OP_ELSE, OP_ENDIF, OP_IF, OP_NOP, OP_NOTIF, OP_RETURN, OP_VERIFY,
} from './opcodes.ts';
import type { ScriptExecution } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { isTrue } from './script-number.ts';

/** `OP_NOP` to `OP_RETURN`. `OP_IF` to `OP_ENDIF` are executed even in branches that are not taken. */
export function executeControl(execution: ScriptExecution, opcode: number): ScriptError {
  const { stack, conditions } = execution;
  switch (opcode) {
    case OP_NOP:
      return 'OK';
    case OP_IF:
    case OP_NOTIF:
      return executeIf(execution, opcode);
    case OP_ELSE:
      if (conditions.depth === 0) return 'UNBALANCED_CONDITIONAL';
      conditions.toggle();
      return 'OK';
    case OP_ENDIF:
      if (conditions.depth === 0) return 'UNBALANCED_CONDITIONAL';
      conditions.pop();
      return 'OK';
    case OP_VERIFY:
      if (stack.length < 1) return 'INVALID_STACK_OPERATION';
      if (!isTrue(stack[stack.length - 1]!)) return 'VERIFY';
      stack.pop();
      return 'OK';
    case OP_RETURN:
      return 'OP_RETURN';
    default: // OP_VER; OP_VERIF and OP_VERNOTIF, even in a branch that is not taken.
      return 'BAD_OPCODE';
  }
}

function executeIf(execution: ScriptExecution, opcode: number): ScriptError {
  const { stack, conditions, sigVersion } = execution;
  if (!conditions.allTrue) {
    conditions.push(false);
    return 'OK';
  }
  const element = stack[stack.length - 1];
  if (element === undefined) return 'UNBALANCED_CONDITIONAL';
  if (!isMinimalCondition(element)) {
    if (sigVersion === 'TAPSCRIPT') return 'TAPSCRIPT_MINIMALIF';
    if (sigVersion === 'WITNESS_V0' && (execution.flags & ScriptVerifyFlags.MINIMALIF) !== 0) {
      return 'MINIMALIF';
    }
  }
  stack.pop();
  conditions.push(isTrue(element) === (opcode === OP_IF));
  return 'OK';
}

/** Empty, or the byte 1. */
function isMinimalCondition(element: Uint8Array): boolean {
  return element.length === 0 || (element.length === 1 && element[0] === 1);
}
