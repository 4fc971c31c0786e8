import {
  decodeScriptNumber, isPayToScriptHash, isPushOnly, MAX_PUBKEYS_PER_MULTISIG, operationEnd, OP_1, OP_16,
  OP_CHECKMULTISIG, OP_CHECKSIG, OP_DUP, OP_EQUALVERIFY, OP_HASH160, OP_PUSHDATA4, OP_RETURN, pushOf,
  witnessVersion,
} from '@btcp2p/script';

/** The kinds of output scripts, by Core's names (`GetTxnOutputType`, script/solver.cpp). */
export type ScriptType =
  | 'nonstandard'
  | 'anchor'
  | 'pubkey'
  | 'pubkeyhash'
  | 'scripthash'
  | 'multisig'
  | 'nulldata'
  | 'witness_v0_keyhash'
  | 'witness_v0_scripthash'
  | 'witness_v1_taproot'
  | 'witness_unknown';

/** What an output script is, and what is in it. */
export interface SolvedScript {
  readonly type: ScriptType;
  /**
   * The key, the hash or the witness program, as a view; of a multisig all keys; of `witness_unknown`
   * the program alone; of others nothing.
   */
  readonly parts: readonly Uint8Array[];
  /** Signatures that a multisig asks for, 1 to 20; 0 of others. */
  readonly required: number;
  /** The version of a witness program, 0 to 16; -1 of others. */
  readonly witnessVersion: number;
}

/** The program of P2A, an output that anybody can spend (Core `CScript::IsPayToAnchor`). */
const ANCHOR = [0x4e, 0x73];

/** What kind of output script this is (Core `Solver`, script/solver.cpp). */
export function solveScript(script: Uint8Array): SolvedScript {
  if (isPayToScriptHash(script)) return solved('scripthash', [script.subarray(2, 22)]);
  const version = witnessVersion(script);
  if (version >= 0) {
    const program = script.subarray(2);
    const type = witnessType(version, program);
    const hasParts = type !== 'anchor' && type !== 'nonstandard';
    return { ...solved(type, hasParts ? [program] : []), witnessVersion: version };
  }
  if (script[0] === OP_RETURN && isPushOnly(script.subarray(1))) return solved('nulldata', []);
  const key = payToPubkey(script);
  if (key !== undefined) return solved('pubkey', [key]);
  if (isPayToPubkeyHash(script)) return solved('pubkeyhash', [script.subarray(3, 23)]);
  return matchMultisig(script) ?? solved('nonstandard', []);
}

function solved(type: ScriptType, parts: readonly Uint8Array[], required = 0): SolvedScript {
  return { type, parts, required, witnessVersion: -1 };
}

function witnessType(version: number, program: Uint8Array): ScriptType {
  const { length } = program;
  if (version === 0) {
    if (length === 20) return 'witness_v0_keyhash';
    return length === 32 ? 'witness_v0_scripthash' : 'nonstandard';
  }
  if (version === 1 && length === 32) return 'witness_v1_taproot';
  const isAnchor = version === 1 && length === 2 && ANCHOR.every((byte, i) => program[i] === byte);
  return isAnchor ? 'anchor' : 'witness_unknown';
}

function payToPubkey(script: Uint8Array): Uint8Array | undefined {
  const size = script[0];
  if ((size !== 33 && size !== 65) || script.length !== size + 2) return undefined;
  const key = script.subarray(1, -1);
  return script.at(-1) === OP_CHECKSIG && hasKeySize(key) ? key : undefined;
}

function isPayToPubkeyHash(script: Uint8Array): boolean {
  return (
    script.length === 25 && script[0] === OP_DUP && script[1] === OP_HASH160 && script[2] === 20 &&
    script[23] === OP_EQUALVERIFY && script[24] === OP_CHECKSIG
  );
}

/** Whether the first byte of a public key goes with its size (Core `CPubKey::ValidSize`). */
export function hasKeySize(key: Uint8Array): boolean {
  const first = key[0];
  if (key.length === 33) return first === 2 || first === 3;
  return key.length === 65 && (first === 4 || first === 6 || first === 7);
}

/** One operation: its opcode, and the bytes that it pushes. */
interface Operation {
  readonly opcode: number;
  readonly data: Uint8Array;
}

/** The operations of a script; undefined if a push runs past its end. */
function operationsOf(script: Uint8Array): Operation[] | undefined {
  const operations: Operation[] = [];
  for (let at = 0; at < script.length; ) {
    const end = operationEnd(script, at);
    if (end < 0) return undefined;
    const opcode = script[at]!;
    operations.push({ opcode, data: pushedBytes(script, at, end) });
    at = end;
  }
  return operations;
}

/** What the operation from `at` to `end` pushes, as a view: empty if it is no push of bytes. */
export function pushedBytes(script: Uint8Array, at: number, end: number): Uint8Array {
  const opcode = script[at]!;
  if (opcode > OP_PUSHDATA4) return script.subarray(end, end);
  const header = opcode < 0x4c ? 1 : opcode === 0x4c ? 2 : opcode === 0x4d ? 3 : 5;
  return script.subarray(at + header, end);
}

/** `m <key>… n OP_CHECKMULTISIG` (Core `MatchMultisig`). */
function matchMultisig(script: Uint8Array): SolvedScript | undefined {
  if (script.at(-1) !== OP_CHECKMULTISIG) return undefined;
  const operations = operationsOf(script);
  if (operations === undefined || operations.length < 4) return undefined;
  const keys = operations.slice(1, -2).map(({ data }) => data);
  const required = countOf(operations[0]!);
  const count = countOf(operations.at(-2)!);
  const last = operations.at(-1)!;
  if (last.opcode !== OP_CHECKMULTISIG || required === undefined || count !== keys.length) return undefined;
  return required <= count && keys.every(hasKeySize) ? solved('multisig', keys, required) : undefined;
}

/** A number from 1 to 20, by an opcode or the shortest push (Core `GetScriptNumber`). */
function countOf({ opcode, data }: Operation): number | undefined {
  if (opcode >= OP_1 && opcode <= OP_16) return opcode - OP_1 + 1;
  if (opcode === 0 || opcode > OP_PUSHDATA4) return undefined;
  // Up to 16 there is an opcode, which is shorter.
  if (data.length !== 1 || opcode !== pushOf(data)[0]) return undefined;
  const count = decodeScriptNumber(data, true);
  return count > 16 && count <= MAX_PUBKEYS_PER_MULTISIG ? count : undefined;
}
