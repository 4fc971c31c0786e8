import {
  OP_0NOTEQUAL, OP_1ADD, OP_1SUB, OP_ABS, OP_ADD, OP_BOOLAND, OP_BOOLOR, OP_GREATERTHAN,
  OP_GREATERTHANOREQUAL, OP_LESSTHAN, OP_LESSTHANOREQUAL, OP_MAX, OP_MIN, OP_NEGATE, OP_NOT,
  OP_NUMEQUAL, OP_NUMEQUALVERIFY, OP_NUMNOTEQUAL, OP_RESERVED1, OP_RESERVED2, OP_SUB, OP_WITHIN,
} from './opcodes.ts';
import type { ScriptExecution } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import { decodeScriptNumber, EMPTY, encodeScriptNumber, TRUE } from './script-number.ts';

/**
 * `OP_1ADD` to `OP_WITHIN`. Operands have at most 4 bytes; results may have 5, and then are of use to
 * nothing but comparisons of bytes and lock times.
 */
export function executeNumber(execution: ScriptExecution, opcode: number): ScriptError {
  if (opcode === OP_RESERVED1 || opcode === OP_RESERVED2) return 'BAD_OPCODE';
  if (opcode <= OP_0NOTEQUAL) return executeUnary(execution, opcode);
  return opcode === OP_WITHIN ? executeWithin(execution) : executeBinary(execution, opcode);
}

function executeUnary({ stack, minimal }: ScriptExecution, opcode: number): ScriptError {
  if (stack.length < 1) return 'INVALID_STACK_OPERATION';
  const value = decodeScriptNumber(stack[stack.length - 1]!, minimal);
  if (Number.isNaN(value)) return 'UNKNOWN_ERROR';
  stack[stack.length - 1] = encodeScriptNumber(unary(opcode, value));
  return 'OK';
}

function unary(opcode: number, value: number): number {
  switch (opcode) {
    case OP_1ADD:
      return value + 1;
    case OP_1SUB:
      return value - 1;
    case OP_NEGATE:
      return -value;
    case OP_ABS:
      return Math.abs(value);
    case OP_NOT:
      return value === 0 ? 1 : 0;
    default: // OP_0NOTEQUAL
      return value === 0 ? 0 : 1;
  }
}

function executeBinary({ stack, minimal }: ScriptExecution, opcode: number): ScriptError {
  const size = stack.length;
  if (size < 2) return 'INVALID_STACK_OPERATION';
  const a = decodeScriptNumber(stack[size - 2]!, minimal);
  const b = decodeScriptNumber(stack[size - 1]!, minimal);
  if (Number.isNaN(a) || Number.isNaN(b)) return 'UNKNOWN_ERROR';
  stack.length = size - 2;
  if (opcode === OP_NUMEQUALVERIFY) return a === b ? 'OK' : 'NUMEQUALVERIFY';
  const result = binary(opcode, a, b);
  stack.push(typeof result === 'number' ? encodeScriptNumber(result) : result ? TRUE : EMPTY);
  return 'OK';
}

function binary(opcode: number, a: number, b: number): number | boolean {
  switch (opcode) {
    case OP_ADD:
      return a + b;
    case OP_SUB:
      return a - b;
    case OP_BOOLAND:
      return a !== 0 && b !== 0;
    case OP_BOOLOR:
      return a !== 0 || b !== 0;
    case OP_NUMEQUAL:
      return a === b;
    case OP_NUMNOTEQUAL:
      return a !== b;
    case OP_LESSTHAN:
      return a < b;
    case OP_GREATERTHAN:
      return a > b;
    case OP_LESSTHANOREQUAL:
      return a <= b;
    case OP_GREATERTHANOREQUAL:
      return a >= b;
    case OP_MIN:
      return Math.min(a, b);
    case OP_MAX:
      return Math.max(a, b);
    default:
      throw new Error(`opcode ${opcode} takes no two numbers`);
  }
}

function executeWithin({ stack, minimal }: ScriptExecution): ScriptError {
  const size = stack.length;
  if (size < 3) return 'INVALID_STACK_OPERATION';
  const value = decodeScriptNumber(stack[size - 3]!, minimal);
  const least = decodeScriptNumber(stack[size - 2]!, minimal);
  const limit = decodeScriptNumber(stack[size - 1]!, minimal);
  if (Number.isNaN(value) || Number.isNaN(least) || Number.isNaN(limit)) return 'UNKNOWN_ERROR';
  stack.length = size - 3;
  stack.push(least <= value && value < limit ? TRUE : EMPTY);
  return 'OK';
}
