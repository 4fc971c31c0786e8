import { lengthBetween, OP_PUSHDATA1, OP_PUSHDATA4, pushDataStart } from './script-operations.ts';

const OP_CHECKSIG = 0xac;
const OP_CHECKSIGVERIFY = 0xad;
const OP_CHECKMULTISIG = 0xae;
const OP_CHECKMULTISIGVERIFY = 0xaf;

/** Core `MAX_PUBKEYS_PER_MULTISIG` (script/script.h). */
const MAX_PUBKEYS_PER_MULTISIG = 20;

/**
 * Signature checks in a script, as they were counted before BIP 16: each multisig as 20, whatever
 * it says, and nothing after a push that runs past the end (Core `CScript::GetSigOpCount(false)`).
 */
export function legacySigOpCount(script: Uint8Array): number {
  return countSigOps(script, 0, script.length);
}

/** The same for the script between two offsets. */
export function countSigOps(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; ) {
    const opcode = bytes[at++]!;
    if (opcode === OP_CHECKSIG || opcode === OP_CHECKSIGVERIFY) count++;
    else if (opcode === OP_CHECKMULTISIG || opcode === OP_CHECKMULTISIGVERIFY) {
      count += MAX_PUBKEYS_PER_MULTISIG;
    } else if (opcode < OP_PUSHDATA1) at += opcode;
    else if (opcode <= OP_PUSHDATA4) at = afterPushData(bytes, at, end, opcode);
  }
  return count;
}

/** Where the script goes on after a push whose length stands in 1, 2 or 4 bytes. */
function afterPushData(bytes: Uint8Array, at: number, end: number, opcode: number): number {
  const start = pushDataStart(at, opcode);
  return start > end ? end : start + lengthBetween(bytes, at, start);
}
