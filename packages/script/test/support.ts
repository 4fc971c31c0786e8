import { createHash, hash } from 'node:crypto';
import { fromHex } from '@btcp2p/wire';
import * as tiny from 'tiny-secp256k1';
import * as opcodes from '../src/opcodes.ts';
import {
  encodeScriptNumber, pushOf, type ScriptHashes, scriptVerifyFlagNames, ScriptVerifyFlags,
  type SignatureVerifier,
} from '../src/index.ts';

/** libsecp256k1 as WebAssembly: some five times as fast as the default. */
export const fastVerifier: SignatureVerifier = {
  verifyEcdsa: (signature, message, key) => attempt(() => tiny.verify(message, key, signature)),
  verifySchnorr: (signature, message, key) =>
    attempt(() => tiny.verifySchnorr(message, key, signature)),
  checkTapTweak: (internalKey, tweak, outputKey, parity) =>
    attempt(() => tiny.xOnlyPointAddTweakCheck(internalKey, tweak, outputKey, parity)),
};

function attempt(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

const sha256 = (bytes: Uint8Array): Uint8Array => plain(hash('sha256', bytes, 'buffer'));

/** The hashes of OpenSSL. */
export const fastHashes: ScriptHashes = {
  sha256,
  sha256d: (bytes) => sha256(sha256(bytes)),
  ripemd160: (bytes) => plain(createHash('ripemd160').update(bytes).digest()),
  sha1: (bytes) => plain(hash('sha1', bytes, 'buffer')),
};

function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** The flags of `P2SH,WITNESS`; `NONE` and nothing are none. Throws on a name that is not known. */
export function parseFlags(text: string): ScriptVerifyFlags {
  let flags = 0;
  for (const name of text.split(',')) {
    if (name === '' || name === 'NONE') continue;
    const known = scriptVerifyFlagNames.find((candidate) => candidate === name);
    if (known === undefined) throw new Error(`no flag ${name}`);
    flags |= ScriptVerifyFlags[known];
  }
  return flags;
}

const OPCODES = new Map<string, number>(
  Object.entries(opcodes).flatMap(([name, value]) => {
    // Numbers are written as such; of the opcodes below OP_NOP, Core's reader knows OP_RESERVED alone.
    if (typeof value !== 'number' || (value < opcodes.OP_NOP && name !== 'OP_RESERVED')) return [];
    return [[name, value], [name.slice(3), value]];
  }),
);

/**
 * The notation of Core's vectors (`ParseScript`, core_read.cpp): decimal numbers and 'strings' are
 * pushed, 0x is raw bytes, the rest names of opcodes.
 */
export function parseScript(text: string): Uint8Array {
  return concat(...text.split(/[ \t\n]+/).filter((word) => word !== '').map(parseWord));
}

function parseWord(word: string): Uint8Array {
  if (/^-?\d+$/.test(word)) return pushNumber(Number(word));
  if (word.startsWith('0x')) return fromHex(word.slice(2));
  if (/^'.*'$/.test(word)) return pushOf(Buffer.from(word.slice(1, -1)));
  const opcode = OPCODES.get(word);
  if (opcode === undefined) throw new Error(`no opcode ${word}`);
  return Uint8Array.of(opcode);
}

/** The operation that pushes a number (Core `CScript << int64_t`). */
export function pushNumber(value: number): Uint8Array {
  if (value === 0) return Uint8Array.of(opcodes.OP_0);
  if (value === -1 || (value >= 1 && value <= 16)) return Uint8Array.of(opcodes.OP_1 - 1 + value);
  return pushOf(encodeScriptNumber(value));
}

/** Byte strings in a row. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A linear congruential generator: numbers from 0 on below a limit, the same in each run. */
export function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}
