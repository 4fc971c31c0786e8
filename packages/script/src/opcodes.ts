// The opcodes, with the names and bytes of Core's `opcodetype` (script/script.h). Bytes 1 to 75 have
// no name: each pushes as many bytes as it says. They are separate constants, not one object, so that
// the loop of the interpreter compares numbers.

// Pushing a value.
/** Core `OP_0` (script/script.h). */
export const OP_0 = 0x00;
/** Core `OP_PUSHDATA1` (script/script.h). */
export const OP_PUSHDATA1 = 0x4c;
/** Core `OP_PUSHDATA2` (script/script.h). */
export const OP_PUSHDATA2 = 0x4d;
/** Core `OP_PUSHDATA4` (script/script.h). */
export const OP_PUSHDATA4 = 0x4e;
/** Core `OP_1NEGATE` (script/script.h). */
export const OP_1NEGATE = 0x4f;
/** Core `OP_RESERVED` (script/script.h). */
export const OP_RESERVED = 0x50;
/** Core `OP_1` (script/script.h). */
export const OP_1 = 0x51;
/** Core `OP_2` (script/script.h). */
export const OP_2 = 0x52;
/** Core `OP_3` (script/script.h). */
export const OP_3 = 0x53;
/** Core `OP_4` (script/script.h). */
export const OP_4 = 0x54;
/** Core `OP_5` (script/script.h). */
export const OP_5 = 0x55;
/** Core `OP_6` (script/script.h). */
export const OP_6 = 0x56;
/** Core `OP_7` (script/script.h). */
export const OP_7 = 0x57;
/** Core `OP_8` (script/script.h). */
export const OP_8 = 0x58;
/** Core `OP_9` (script/script.h). */
export const OP_9 = 0x59;
/** Core `OP_10` (script/script.h). */
export const OP_10 = 0x5a;
/** Core `OP_11` (script/script.h). */
export const OP_11 = 0x5b;
/** Core `OP_12` (script/script.h). */
export const OP_12 = 0x5c;
/** Core `OP_13` (script/script.h). */
export const OP_13 = 0x5d;
/** Core `OP_14` (script/script.h). */
export const OP_14 = 0x5e;
/** Core `OP_15` (script/script.h). */
export const OP_15 = 0x5f;
/** Core `OP_16` (script/script.h). */
export const OP_16 = 0x60;

// Control.
/** Core `OP_NOP` (script/script.h). */
export const OP_NOP = 0x61;
/** Core `OP_VER` (script/script.h). */
export const OP_VER = 0x62;
/** Core `OP_IF` (script/script.h). */
export const OP_IF = 0x63;
/** Core `OP_NOTIF` (script/script.h). */
export const OP_NOTIF = 0x64;
/** Core `OP_VERIF` (script/script.h). */
export const OP_VERIF = 0x65;
/** Core `OP_VERNOTIF` (script/script.h). */
export const OP_VERNOTIF = 0x66;
/** Core `OP_ELSE` (script/script.h). */
export const OP_ELSE = 0x67;
/** Core `OP_ENDIF` (script/script.h). */
export const OP_ENDIF = 0x68;
/** Core `OP_VERIFY` (script/script.h). */
export const OP_VERIFY = 0x69;
/** Core `OP_RETURN` (script/script.h). */
export const OP_RETURN = 0x6a;

// The stack.
/** Core `OP_TOALTSTACK` (script/script.h). */
export const OP_TOALTSTACK = 0x6b;
/** Core `OP_FROMALTSTACK` (script/script.h). */
export const OP_FROMALTSTACK = 0x6c;
/** Core `OP_2DROP` (script/script.h). */
export const OP_2DROP = 0x6d;
/** Core `OP_2DUP` (script/script.h). */
export const OP_2DUP = 0x6e;
/** Core `OP_3DUP` (script/script.h). */
export const OP_3DUP = 0x6f;
/** Core `OP_2OVER` (script/script.h). */
export const OP_2OVER = 0x70;
/** Core `OP_2ROT` (script/script.h). */
export const OP_2ROT = 0x71;
/** Core `OP_2SWAP` (script/script.h). */
export const OP_2SWAP = 0x72;
/** Core `OP_IFDUP` (script/script.h). */
export const OP_IFDUP = 0x73;
/** Core `OP_DEPTH` (script/script.h). */
export const OP_DEPTH = 0x74;
/** Core `OP_DROP` (script/script.h). */
export const OP_DROP = 0x75;
/** Core `OP_DUP` (script/script.h). */
export const OP_DUP = 0x76;
/** Core `OP_NIP` (script/script.h). */
export const OP_NIP = 0x77;
/** Core `OP_OVER` (script/script.h). */
export const OP_OVER = 0x78;
/** Core `OP_PICK` (script/script.h). */
export const OP_PICK = 0x79;
/** Core `OP_ROLL` (script/script.h). */
export const OP_ROLL = 0x7a;
/** Core `OP_ROT` (script/script.h). */
export const OP_ROT = 0x7b;
/** Core `OP_SWAP` (script/script.h). */
export const OP_SWAP = 0x7c;
/** Core `OP_TUCK` (script/script.h). */
export const OP_TUCK = 0x7d;

// Splicing: all but `OP_SIZE` are disabled (CVE-2010-5137).
/** Core `OP_CAT` (script/script.h). */
export const OP_CAT = 0x7e;
/** Core `OP_SUBSTR` (script/script.h). */
export const OP_SUBSTR = 0x7f;
/** Core `OP_LEFT` (script/script.h). */
export const OP_LEFT = 0x80;
/** Core `OP_RIGHT` (script/script.h). */
export const OP_RIGHT = 0x81;
/** Core `OP_SIZE` (script/script.h). */
export const OP_SIZE = 0x82;

// Bits: all but `OP_EQUAL` and `OP_EQUALVERIFY` are disabled.
/** Core `OP_INVERT` (script/script.h). */
export const OP_INVERT = 0x83;
/** Core `OP_AND` (script/script.h). */
export const OP_AND = 0x84;
/** Core `OP_OR` (script/script.h). */
export const OP_OR = 0x85;
/** Core `OP_XOR` (script/script.h). */
export const OP_XOR = 0x86;
/** Core `OP_EQUAL` (script/script.h). */
export const OP_EQUAL = 0x87;
/** Core `OP_EQUALVERIFY` (script/script.h). */
export const OP_EQUALVERIFY = 0x88;
/** Core `OP_RESERVED1` (script/script.h). */
export const OP_RESERVED1 = 0x89;
/** Core `OP_RESERVED2` (script/script.h). */
export const OP_RESERVED2 = 0x8a;

// Numbers.
/** Core `OP_1ADD` (script/script.h). */
export const OP_1ADD = 0x8b;
/** Core `OP_1SUB` (script/script.h). */
export const OP_1SUB = 0x8c;
/** Core `OP_2MUL` (script/script.h). */
export const OP_2MUL = 0x8d;
/** Core `OP_2DIV` (script/script.h). */
export const OP_2DIV = 0x8e;
/** Core `OP_NEGATE` (script/script.h). */
export const OP_NEGATE = 0x8f;
/** Core `OP_ABS` (script/script.h). */
export const OP_ABS = 0x90;
/** Core `OP_NOT` (script/script.h). */
export const OP_NOT = 0x91;
/** Core `OP_0NOTEQUAL` (script/script.h). */
export const OP_0NOTEQUAL = 0x92;
/** Core `OP_ADD` (script/script.h). */
export const OP_ADD = 0x93;
/** Core `OP_SUB` (script/script.h). */
export const OP_SUB = 0x94;
/** Core `OP_MUL` (script/script.h). */
export const OP_MUL = 0x95;
/** Core `OP_DIV` (script/script.h). */
export const OP_DIV = 0x96;
/** Core `OP_MOD` (script/script.h). */
export const OP_MOD = 0x97;
/** Core `OP_LSHIFT` (script/script.h). */
export const OP_LSHIFT = 0x98;
/** Core `OP_RSHIFT` (script/script.h). */
export const OP_RSHIFT = 0x99;
/** Core `OP_BOOLAND` (script/script.h). */
export const OP_BOOLAND = 0x9a;
/** Core `OP_BOOLOR` (script/script.h). */
export const OP_BOOLOR = 0x9b;
/** Core `OP_NUMEQUAL` (script/script.h). */
export const OP_NUMEQUAL = 0x9c;
/** Core `OP_NUMEQUALVERIFY` (script/script.h). */
export const OP_NUMEQUALVERIFY = 0x9d;
/** Core `OP_NUMNOTEQUAL` (script/script.h). */
export const OP_NUMNOTEQUAL = 0x9e;
/** Core `OP_LESSTHAN` (script/script.h). */
export const OP_LESSTHAN = 0x9f;
/** Core `OP_GREATERTHAN` (script/script.h). */
export const OP_GREATERTHAN = 0xa0;
/** Core `OP_LESSTHANOREQUAL` (script/script.h). */
export const OP_LESSTHANOREQUAL = 0xa1;
/** Core `OP_GREATERTHANOREQUAL` (script/script.h). */
export const OP_GREATERTHANOREQUAL = 0xa2;
/** Core `OP_MIN` (script/script.h). */
export const OP_MIN = 0xa3;
/** Core `OP_MAX` (script/script.h). */
export const OP_MAX = 0xa4;
/** Core `OP_WITHIN` (script/script.h). */
export const OP_WITHIN = 0xa5;

// Hashes and signatures.
/** Core `OP_RIPEMD160` (script/script.h). */
export const OP_RIPEMD160 = 0xa6;
/** Core `OP_SHA1` (script/script.h). */
export const OP_SHA1 = 0xa7;
/** Core `OP_SHA256` (script/script.h). */
export const OP_SHA256 = 0xa8;
/** Core `OP_HASH160` (script/script.h). */
export const OP_HASH160 = 0xa9;
/** Core `OP_HASH256` (script/script.h). */
export const OP_HASH256 = 0xaa;
/** Core `OP_CODESEPARATOR` (script/script.h). */
export const OP_CODESEPARATOR = 0xab;
/** Core `OP_CHECKSIG` (script/script.h). */
export const OP_CHECKSIG = 0xac;
/** Core `OP_CHECKSIGVERIFY` (script/script.h). */
export const OP_CHECKSIGVERIFY = 0xad;
/** Core `OP_CHECKMULTISIG` (script/script.h). */
export const OP_CHECKMULTISIG = 0xae;
/** Core `OP_CHECKMULTISIGVERIFY` (script/script.h). */
export const OP_CHECKMULTISIGVERIFY = 0xaf;

// For later rules; two have them since.
/** Core `OP_NOP1` (script/script.h). */
export const OP_NOP1 = 0xb0;
/** Core `OP_CHECKLOCKTIMEVERIFY` (script/script.h). */
export const OP_CHECKLOCKTIMEVERIFY = 0xb1;
/** Core `OP_CHECKSEQUENCEVERIFY` (script/script.h). */
export const OP_CHECKSEQUENCEVERIFY = 0xb2;
/** Core `OP_NOP4` (script/script.h). */
export const OP_NOP4 = 0xb3;
/** Core `OP_NOP5` (script/script.h). */
export const OP_NOP5 = 0xb4;
/** Core `OP_NOP6` (script/script.h). */
export const OP_NOP6 = 0xb5;
/** Core `OP_NOP7` (script/script.h). */
export const OP_NOP7 = 0xb6;
/** Core `OP_NOP8` (script/script.h). */
export const OP_NOP8 = 0xb7;
/** Core `OP_NOP9` (script/script.h). */
export const OP_NOP9 = 0xb8;
/** Core `OP_NOP10` (script/script.h). */
export const OP_NOP10 = 0xb9;

// BIP 342.
/** Core `OP_CHECKSIGADD` (script/script.h). */
export const OP_CHECKSIGADD = 0xba;

/** Core `IsOpSuccess` (script/script.cpp): in tapscript these make a script succeed at once (BIP 342). */
export function isOpSuccess(opcode: number): boolean {
  if (opcode > OP_CHECKSIGADD) return opcode !== 0xff;
  if (opcode < OP_CAT) return opcode === OP_RESERVED || opcode === OP_VER;
  return opcode !== OP_SIZE && opcode <= OP_RSHIFT && (
    opcode <= OP_XOR ||
    opcode === OP_RESERVED1 || opcode === OP_RESERVED2 ||
    opcode === OP_2MUL || opcode === OP_2DIV ||
    opcode >= OP_MUL
  );
}

/** Whether the opcode fails a script even where it is not executed (Core `EvalScript`). */
export function isDisabledOpcode(opcode: number): boolean {
  return opcode >= OP_CAT && opcode <= OP_RSHIFT && (
    opcode <= OP_RIGHT ||
    (opcode >= OP_INVERT && opcode <= OP_XOR) ||
    opcode === OP_2MUL || opcode === OP_2DIV ||
    opcode >= OP_MUL
  );
}
