import { OP_CHECKLOCKTIMEVERIFY, OP_CHECKSEQUENCEVERIFY } from './opcodes.ts';
import type { ScriptExecution } from './script-execution.ts';
import type { ScriptError } from './script-error.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { decodeScriptNumber } from './script-number.ts';

/** Lock times are 32 bits without a sign, which as numbers of script can take 5 bytes (BIP 65). */
const LOCK_TIME_SIZE = 5;

/** `OP_NOP1` to `OP_NOP10`, of which two have become lock times (BIP 65, BIP 112). */
export function executeLock(execution: ScriptExecution, opcode: number): ScriptError {
  const { flags } = execution;
  switch (opcode) {
    case OP_CHECKLOCKTIMEVERIFY:
      return (flags & ScriptVerifyFlags.CHECKLOCKTIMEVERIFY) === 0 ? 'OK' : checkLockTime(execution);
    case OP_CHECKSEQUENCEVERIFY:
      return (flags & ScriptVerifyFlags.CHECKSEQUENCEVERIFY) === 0 ? 'OK' : checkSequence(execution);
    default:
      return (flags & ScriptVerifyFlags.DISCOURAGE_UPGRADABLE_NOPS) === 0
        ? 'OK' : 'DISCOURAGE_UPGRADABLE_NOPS';
  }
}

function checkLockTime({ stack, minimal, checker }: ScriptExecution): ScriptError {
  if (stack.length < 1) return 'INVALID_STACK_OPERATION';
  const lockTime = decodeScriptNumber(stack[stack.length - 1]!, minimal, LOCK_TIME_SIZE);
  if (Number.isNaN(lockTime)) return 'UNKNOWN_ERROR';
  if (lockTime < 0) return 'NEGATIVE_LOCKTIME';
  return checker.checkLockTime(lockTime) ? 'OK' : 'UNSATISFIED_LOCKTIME';
}

function checkSequence({ stack, minimal, checker }: ScriptExecution): ScriptError {
  if (stack.length < 1) return 'INVALID_STACK_OPERATION';
  const sequence = decodeScriptNumber(stack[stack.length - 1]!, minimal, LOCK_TIME_SIZE);
  if (Number.isNaN(sequence)) return 'UNKNOWN_ERROR';
  if (sequence < 0) return 'NEGATIVE_LOCKTIME';
  // With bit 31 it is kept for later rules, and means nothing now. (Bits above 31 fall away here.)
  if ((sequence & 0x8000_0000) !== 0) return 'OK';
  return checker.checkSequence(sequence) ? 'OK' : 'UNSATISFIED_LOCKTIME';
}
