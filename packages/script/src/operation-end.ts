import { OP_PUSHDATA1, OP_PUSHDATA2, OP_PUSHDATA4 } from './opcodes.ts';

/**
 * Where the operation at `at` ends, its pushed bytes included (Core `GetScriptOp`, script/script.cpp).
 *
 * If it runs past the end of the script, the result is `~n` (below zero), n being where Core's reader
 * stands when it gives up: behind the opcode, and behind the length if that is whole. A signature hash
 * depends on it.
 */
export function operationEnd(script: Uint8Array, at: number): number {
  const opcode = script[at]!;
  let next = at + 1;
  if (opcode > OP_PUSHDATA4) return next;
  const left = script.length - next;
  let size = opcode;
  if (opcode === OP_PUSHDATA1) {
    if (left < 1) return ~next;
    size = script[next]!;
    next += 1;
  } else if (opcode === OP_PUSHDATA2) {
    if (left < 2) return ~next;
    size = script[next]! | (script[next + 1]! << 8);
    next += 2;
  } else if (opcode === OP_PUSHDATA4) {
    if (left < 4) return ~next;
    size = readU32(script, next);
    next += 4;
  }
  return size > script.length - next ? ~next : next + size;
}

function readU32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

/** Bytes between the start of a push and what it pushes: the opcode, and a length if there is one. */
export function pushHeaderSize(opcode: number): number {
  if (opcode < OP_PUSHDATA1) return 1;
  return opcode === OP_PUSHDATA1 ? 2 : opcode === OP_PUSHDATA2 ? 3 : 5;
}
