/** Core `OP_PUSHDATA1` (script/script.h): smaller opcodes push as many bytes as they say. */
export const OP_PUSHDATA1 = 0x4c;
const OP_PUSHDATA2 = 0x4d;
/** Core `OP_PUSHDATA4` (script/script.h): the last opcode that has data behind it. */
export const OP_PUSHDATA4 = 0x4e;

/**
 * Where the data of `OP_PUSHDATA1`, 2 or 4 begins: behind its length of 1, 2 or 4 bytes at `at`.
 */
export function pushDataStart(at: number, opcode: number): number {
  return at + (opcode === OP_PUSHDATA1 ? 1 : opcode === OP_PUSHDATA2 ? 2 : 4);
}

/** The little-endian number between two offsets, unsigned: the length of a push. */
export function lengthBetween(bytes: Uint8Array, at: number, end: number): number {
  let length = 0;
  for (let i = end - 1; i >= at; i--) length = length * 256 + bytes[i]!;
  return length;
}

/** One operation of a script. */
export interface Operation {
  readonly opcode: number;
  /** What it pushes, as a view; empty for what is no push, and for pushes of nothing. */
  readonly data: Uint8Array;
}

/** The operations of a script up to its end, or to a push that runs past it (Core `GetScriptOp`). */
export function* scriptOperations(script: Uint8Array): Generator<Operation> {
  for (let at = 0; at < script.length; ) {
    const opcode = script[at++]!;
    let length = 0;
    if (opcode < OP_PUSHDATA1) length = opcode;
    else if (opcode <= OP_PUSHDATA4) {
      const start = pushDataStart(at, opcode);
      if (start > script.length) return;
      length = lengthBetween(script, at, start);
      at = start;
    }
    if (length > script.length - at) return;
    yield { opcode, data: script.subarray(at, at + length) };
    at += length;
  }
}

/** A push with the shortest length field, but never an opcode of its own (Core `CScript << data`). */
export function pushOf(data: Uint8Array): Uint8Array {
  const { length } = data;
  const bytes = [length & 0xff, (length >>> 8) & 0xff, (length >>> 16) & 0xff, length >>> 24];
  const head =
    length < OP_PUSHDATA1
      ? [length]
      : length <= 0xff
        ? [OP_PUSHDATA1, ...bytes.slice(0, 1)]
        : length <= 0xffff
          ? [OP_PUSHDATA2, ...bytes.slice(0, 2)]
          : [OP_PUSHDATA4, ...bytes];
  return concat([Uint8Array.from(head), data]);
}

/** All bytes after each other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
