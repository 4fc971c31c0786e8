import { EMPTY } from './script-number.ts';
import { viewOf } from './bytes.ts';
import {
  OP_0, OP_1, OP_16, OP_EQUAL, OP_HASH160, OP_PUSHDATA1, OP_PUSHDATA2, OP_PUSHDATA4,
} from './opcodes.ts';
import { operationEnd, pushHeaderSize } from './operation-end.ts';

/** Whether a scriptPubKey is `OP_HASH160 <20 bytes> OP_EQUAL` (BIP 16). */
export function isPayToScriptHash(script: Uint8Array): boolean {
  return (
    script.length === 23 && script[0] === OP_HASH160 && script[1] === 20 && script[22] === OP_EQUAL
  );
}

/**
 * The version, 0 to 16, of a script that is a witness program: one of `OP_0` to `OP_16` and then a
 * direct push of 2 to 40 bytes and nothing more (BIP 141). -1 if it is none. The program is the script
 * from its third byte on.
 */
export function witnessVersion(script: Uint8Array): number {
  const { length } = script;
  if (length < 4 || length > 42 || script[1]! + 2 !== length) return -1;
  const opcode = script[0]!;
  if (opcode === OP_0) return 0;
  return opcode >= OP_1 && opcode <= OP_16 ? opcode - (OP_1 - 1) : -1;
}

/**
 * Whether a script only pushes. `OP_RESERVED` counts as a push here, as it does in Core
 * (`CScript::IsPushOnly`), and fails when it is executed.
 */
export function isPushOnly(script: Uint8Array): boolean {
  for (let at = 0; at < script.length; ) {
    if (script[at]! > OP_16) return false;
    at = operationEnd(script, at);
    if (at < 0) return false;
  }
  return true;
}

/**
 * What the last operation of a script that only pushes pushes: empty for those without bytes of their
 * own, such as `OP_1`, as in Core; undefined if the script does anything else.
 */
export function lastPush(script: Uint8Array): Uint8Array | undefined {
  let last = EMPTY;
  for (let at = 0; at < script.length; ) {
    const opcode = script[at]!;
    if (opcode > OP_16) return undefined;
    const end = operationEnd(script, at);
    if (end < 0) return undefined;
    last = opcode > OP_PUSHDATA4 ? EMPTY : viewOf(script, at + pushHeaderSize(opcode), end);
    at = end;
  }
  return last;
}

/**
 * The operation that pushes these bytes, as Core's `CScript << bytes` writes it: never `OP_1` to
 * `OP_16` or `OP_1NEGATE`.
 */
export function pushOf(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const header =
    length < OP_PUSHDATA1 ? [length]
    : length <= 0xff ? [OP_PUSHDATA1, length]
    : length <= 0xffff ? [OP_PUSHDATA2, length & 0xff, length >> 8]
    : [OP_PUSHDATA4, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, length >>> 24];
  const push = new Uint8Array(header.length + length);
  push.set(header, 0);
  push.set(bytes, header.length);
  return push;
}
