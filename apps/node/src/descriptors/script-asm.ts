import {
  checkSignatureEncoding, decodeScriptNumber, MAX_SCRIPT_SIZE, operationEnd, OP_1, OP_16, OP_1NEGATE,
  OP_CHECKSIGADD, OP_NOP, OP_PUSHDATA4, OP_RESERVED, OP_RETURN, ScriptVerifyFlags,
} from '@btcp2p/script';
import { toHex } from '@btcp2p/wire';
import { pushedBytes } from './script-type.ts';

/** From `OP_NOP` on, without `OP_` (Core `GetOpName`, script/script.cpp). */
const NAMES = (
  'NOP VER IF NOTIF VERIF VERNOTIF ELSE ENDIF VERIFY RETURN ' +
  'TOALTSTACK FROMALTSTACK 2DROP 2DUP 3DUP 2OVER 2ROT 2SWAP IFDUP DEPTH DROP DUP NIP OVER PICK ROLL ' +
  'ROT SWAP TUCK CAT SUBSTR LEFT RIGHT SIZE INVERT AND OR XOR EQUAL EQUALVERIFY RESERVED1 RESERVED2 ' +
  '1ADD 1SUB 2MUL 2DIV NEGATE ABS NOT 0NOTEQUAL ADD SUB MUL DIV MOD LSHIFT RSHIFT BOOLAND BOOLOR ' +
  'NUMEQUAL NUMEQUALVERIFY NUMNOTEQUAL LESSTHAN GREATERTHAN LESSTHANOREQUAL GREATERTHANOREQUAL MIN ' +
  'MAX WITHIN RIPEMD160 SHA1 SHA256 HASH160 HASH256 CODESEPARATOR CHECKSIG CHECKSIGVERIFY ' +
  'CHECKMULTISIG CHECKMULTISIGVERIFY NOP1 CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY NOP4 NOP5 NOP6 NOP7 ' +
  'NOP8 NOP9 NOP10 CHECKSIGADD'
).split(' ');

/** The name of an opcode above `OP_PUSHDATA4` (Core `GetOpName`, script/script.cpp). */
export function opcodeName(opcode: number): string {
  if (opcode === OP_1NEGATE) return '-1';
  if (opcode === OP_RESERVED) return 'OP_RESERVED';
  if (opcode >= OP_1 && opcode <= OP_16) return String(opcode - OP_1 + 1);
  if (opcode >= OP_NOP && opcode <= OP_CHECKSIGADD) return `OP_${NAMES[opcode - OP_NOP]}`;
  return opcode === 0xff ? 'OP_INVALIDOPCODE' : 'OP_UNKNOWN';
}

/**
 * A script as text: opcodes by name, pushes of up to 4 bytes as the number that they are, longer ones
 * in hex, and `[error]` where a push runs past the end (Core `ScriptToAsmStr`, core_write.cpp).
 *
 * @param decodeSignatures whether the last byte of what looks like a signature is told by its name, as
 *   in `[ALL]`: for scriptSigs
 */
export function scriptToAsm(script: Uint8Array, decodeSignatures = false): string {
  const isUnspendable = script[0] === OP_RETURN || script.length > MAX_SCRIPT_SIZE;
  const words: string[] = [];
  for (let at = 0; at < script.length; ) {
    const end = operationEnd(script, at);
    if (end < 0) {
      words.push('[error]');
      break;
    }
    const opcode = script[at]!;
    if (opcode > OP_PUSHDATA4) words.push(opcodeName(opcode));
    else {
      const data = pushedBytes(script, at, end);
      words.push(
        data.length <= 4 ? String(decodeScriptNumber(data, false))
        : decodeSignatures && !isUnspendable ? signatureText(data)
        : toHex(data),
      );
    }
    at = end;
  }
  return words.join(' ');
}

const HASH_TYPES: ReadonlyMap<number, string> = new Map([
  [0x01, 'ALL'], [0x02, 'NONE'], [0x03, 'SINGLE'],
  [0x81, 'ALL|ANYONECANPAY'], [0x82, 'NONE|ANYONECANPAY'], [0x83, 'SINGLE|ANYONECANPAY'],
]);

function signatureText(data: Uint8Array): string {
  const type = HASH_TYPES.get(data.at(-1)!);
  const isSignature = checkSignatureEncoding(data, ScriptVerifyFlags.STRICTENC) === 'OK';
  return isSignature && type !== undefined ? `${toHex(data.subarray(0, -1))}[${type}]` : toHex(data);
}
