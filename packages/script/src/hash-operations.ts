import { OP_HASH160, OP_HASH256, OP_RIPEMD160, OP_SHA1, OP_SHA256 } from './opcodes.ts';
import type { ScriptExecution } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import type { ScriptHashes } from './script-hashes.ts';

/** `OP_RIPEMD160` to `OP_HASH256`. */
export function executeHash({ stack, checker }: ScriptExecution, opcode: number): ScriptError {
  if (stack.length < 1) return 'INVALID_STACK_OPERATION';
  stack[stack.length - 1] = hash(checker.hashes, opcode, stack[stack.length - 1]!);
  return 'OK';
}

function hash(hashes: ScriptHashes, opcode: number, bytes: Uint8Array): Uint8Array {
  switch (opcode) {
    case OP_RIPEMD160:
      return hashes.ripemd160(bytes);
    case OP_SHA1:
      return hashes.sha1(bytes);
    case OP_SHA256:
      return hashes.sha256(bytes);
    case OP_HASH160:
      return hashes.ripemd160(hashes.sha256(bytes));
    case OP_HASH256:
      return hashes.sha256d(bytes);
    default:
      throw new Error(`opcode ${opcode} is no hash`);
  }
}
