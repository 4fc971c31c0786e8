const OP_PUSHDATA1 = 0x4c;
const OP_PUSHDATA2 = 0x4d;
const OP_PUSHDATA4 = 0x4e;

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
      const width = opcode === OP_PUSHDATA1 ? 1 : opcode === OP_PUSHDATA2 ? 2 : 4;
      if (width > script.length - at) return;
      for (let i = width - 1; i >= 0; i--) length = length * 256 + script[at + i]!;
      at += width;
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
