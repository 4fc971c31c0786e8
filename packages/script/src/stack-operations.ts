import { equalBytes } from './bytes.ts';
import {
  OP_2DROP, OP_2DUP, OP_2OVER, OP_2ROT, OP_2SWAP, OP_3DUP, OP_DEPTH, OP_DROP, OP_DUP, OP_EQUAL,
  OP_EQUALVERIFY, OP_FROMALTSTACK, OP_IFDUP, OP_NIP, OP_OVER, OP_PICK, OP_ROLL, OP_ROT, OP_SIZE,
  OP_SWAP, OP_TOALTSTACK, OP_TUCK,
} from './opcodes.ts';
import type { ScriptExecution } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import { decodeScriptNumber, EMPTY, encodeScriptNumber, isTrue, TRUE } from './script-number.ts';

/** How many elements an opcode needs, from `OP_TOALTSTACK` to `OP_EQUALVERIFY`. */
const NEEDED = /* @__PURE__ */ neededElements([
  [1, OP_TOALTSTACK, OP_IFDUP, OP_DROP, OP_DUP, OP_SIZE],
  [2, OP_2DROP, OP_2DUP, OP_NIP, OP_OVER, OP_PICK, OP_ROLL, OP_SWAP, OP_TUCK, OP_EQUAL, OP_EQUALVERIFY],
  [3, OP_3DUP, OP_ROT],
  [4, OP_2OVER, OP_2SWAP],
  [6, OP_2ROT],
]);

function neededElements(rows: readonly (readonly number[])[]): Uint8Array {
  const needed = new Uint8Array(256);
  for (const [count = 0, ...opcodes] of rows) for (const opcode of opcodes) needed[opcode] = count;
  return needed;
}

/** `OP_TOALTSTACK` to `OP_TUCK`, `OP_SIZE`, `OP_EQUAL` and `OP_EQUALVERIFY`. */
export function executeStack(execution: ScriptExecution, opcode: number): ScriptError {
  const { stack, altStack } = execution;
  const size = stack.length;
  if (size < NEEDED[opcode]!) return 'INVALID_STACK_OPERATION';
  switch (opcode) {
    case OP_TOALTSTACK:
      altStack.push(stack.pop()!);
      return 'OK';
    case OP_FROMALTSTACK:
      if (altStack.length < 1) return 'INVALID_ALTSTACK_OPERATION';
      stack.push(altStack.pop()!);
      return 'OK';
    case OP_2DROP:
      stack.length = size - 2;
      return 'OK';
    case OP_2DUP:
      stack.push(stack[size - 2]!, stack[size - 1]!);
      return 'OK';
    case OP_3DUP:
      stack.push(stack[size - 3]!, stack[size - 2]!, stack[size - 1]!);
      return 'OK';
    case OP_2OVER:
      stack.push(stack[size - 4]!, stack[size - 3]!);
      return 'OK';
    case OP_2ROT:
      moveToTop(stack, size - 6);
      moveToTop(stack, size - 6);
      return 'OK';
    case OP_2SWAP:
      swap(stack, size - 4, size - 2);
      swap(stack, size - 3, size - 1);
      return 'OK';
    case OP_IFDUP:
      if (isTrue(stack[size - 1]!)) stack.push(stack[size - 1]!);
      return 'OK';
    case OP_DEPTH:
      stack.push(encodeScriptNumber(size));
      return 'OK';
    case OP_DROP:
      stack.pop();
      return 'OK';
    case OP_DUP:
      stack.push(stack[size - 1]!);
      return 'OK';
    case OP_NIP:
      stack[size - 2] = stack.pop()!;
      return 'OK';
    case OP_OVER:
      stack.push(stack[size - 2]!);
      return 'OK';
    case OP_PICK:
    case OP_ROLL:
      return pickOrRoll(execution, opcode);
    case OP_ROT:
      moveToTop(stack, size - 3);
      return 'OK';
    case OP_SWAP:
      swap(stack, size - 2, size - 1);
      return 'OK';
    case OP_TUCK:
      stack.push(stack[size - 1]!);
      swap(stack, size - 2, size - 1);
      return 'OK';
    case OP_SIZE:
      stack.push(encodeScriptNumber(stack[size - 1]!.length));
      return 'OK';
    case OP_EQUAL:
    case OP_EQUALVERIFY: {
      const equal = equalBytes(stack.pop()!, stack.pop()!);
      if (opcode === OP_EQUAL) stack.push(equal ? TRUE : EMPTY);
      return equal || opcode === OP_EQUAL ? 'OK' : 'EQUALVERIFY';
    }
    default:
      return 'BAD_OPCODE';
  }
}

function pickOrRoll({ stack, minimal }: ScriptExecution, opcode: number): ScriptError {
  const depth = decodeScriptNumber(stack[stack.length - 1]!, minimal);
  if (Number.isNaN(depth)) return 'UNKNOWN_ERROR';
  stack.pop();
  const index = stack.length - 1 - depth;
  if (depth < 0 || index < 0) return 'INVALID_STACK_OPERATION';
  if (opcode === OP_PICK) stack.push(stack[index]!);
  else moveToTop(stack, index);
  return 'OK';
}

/** Takes an element out and puts it on top. A loop, since it is faster than `splice`. */
function moveToTop(stack: Uint8Array[], index: number): void {
  const element = stack[index]!;
  const top = stack.length - 1;
  for (let i = index; i < top; i++) stack[i] = stack[i + 1]!;
  stack[top] = element;
}

function swap(stack: Uint8Array[], a: number, b: number): void {
  const element = stack[a]!;
  stack[a] = stack[b]!;
  stack[b] = element;
}
