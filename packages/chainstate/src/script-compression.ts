import type { Codec, Reader, Writer } from '@btcp2p/wire';
import { decompressPublicKey, isOnCurve, type DecompressPublicKey } from './secp256k1.ts';
import { readVarInt, varIntSize, writeVarInt } from './var-int.ts';

/** Longest script that can be spent, in bytes (Core `MAX_SCRIPT_SIZE`, script/script.h). */
export const MAX_SCRIPT_SIZE = 10_000;

const OP_RETURN = 0x6a;
const OP_DUP = 0x76;
const OP_EQUAL = 0x87;
const OP_EQUALVERIFY = 0x88;
const OP_HASH160 = 0xa9;
const OP_CHECKSIG = 0xac;

/** Forms 0 to 5 are special; other scripts are announced by this much more than their length. */
const SPECIAL_FORMS = 6;
/** Bytes of a hash behind forms 0 and 1, and of an x coordinate behind the others. */
const HASH_SIZE = 20;
const KEY_SIZE = 32;

const NOT_SPECIAL = -1;

/**
 * Whether no input can ever spend it, so that it is not kept: it starts with OP_RETURN or is too
 * long (Core `CScript::IsUnspendable`, script/script.h).
 */
export function isUnspendable(script: Uint8Array): boolean {
  return script[0] === OP_RETURN || script.length > MAX_SCRIPT_SIZE;
}

/**
 * Output scripts as in Core's coins database (`ScriptCompression`, compressor.h): 21 bytes for P2PKH
 * (form 0) and P2SH (1), 33 for P2PK with a compressed key (2, 3) or with an uncompressed one that is
 * on the curve (4, 5: its y even or odd); others as VARINT of their length plus 6, and the script.
 *
 * What reads a form 4 or 5 that is not on the curve reads an empty script, and in place of a script
 * of more than {@link MAX_SCRIPT_SIZE} bytes it reads OP_RETURN, as Core does. Scripts are views of
 * the input or fresh.
 */
export function scriptCompression(
  decompress: DecompressPublicKey = decompressPublicKey,
): Codec<Uint8Array> {
  return {
    size(script) {
      const form = specialForm(script);
      if (form === NOT_SPECIAL) return varIntSize(script.length + SPECIAL_FORMS) + script.length;
      return 1 + (form < 2 ? HASH_SIZE : KEY_SIZE);
    },
    write(writer, script) {
      const form = specialForm(script);
      if (form === NOT_SPECIAL) {
        writeVarInt(writer, script.length + SPECIAL_FORMS);
        writer.bytes(script);
      } else {
        writeSpecial(writer, script, form);
      }
    },
    read(reader) {
      const form = readVarInt(reader, 0xffff_ffff);
      if (form < 2) return hashScript(form, reader.bytes(HASH_SIZE));
      if (form < SPECIAL_FORMS) return keyScript(form, reader, decompress);
      const length = form - SPECIAL_FORMS;
      if (length <= MAX_SCRIPT_SIZE) return reader.bytes(length);
      reader.skip(length);
      return Uint8Array.of(OP_RETURN);
    },
  };
}

/** The script's form, or {@link NOT_SPECIAL}. */
function specialForm(script: Uint8Array): number {
  switch (script.length) {
    case 25: {
      const isP2PKH =
        script[0] === OP_DUP && script[1] === OP_HASH160 && script[2] === HASH_SIZE &&
        script[23] === OP_EQUALVERIFY && script[24] === OP_CHECKSIG;
      return isP2PKH ? 0 : NOT_SPECIAL;
    }
    case 23: {
      const isP2SH = script[0] === OP_HASH160 && script[1] === HASH_SIZE && script[22] === OP_EQUAL;
      return isP2SH ? 1 : NOT_SPECIAL;
    }
    case 35: {
      const kind = script[1]!;
      const isP2PK = script[0] === 33 && (kind === 2 || kind === 3) && script[34] === OP_CHECKSIG;
      return isP2PK ? kind : NOT_SPECIAL;
    }
    case 67: {
      const isP2PK =
        script[0] === 65 && script[1] === 4 && script[66] === OP_CHECKSIG &&
        isOnCurve(script.subarray(1, 66));
      return isP2PK ? 4 | (script[65]! & 1) : NOT_SPECIAL;
    }
    default:
      return NOT_SPECIAL;
  }
}

function writeSpecial(writer: Writer, script: Uint8Array, form: number): void {
  const [start, size] = form === 0 ? [3, HASH_SIZE] : form === 1 ? [2, HASH_SIZE] : [2, KEY_SIZE];
  writer.u8(form);
  writer.bytes(script.subarray(start, start + size));
}

function hashScript(form: number, hash: Uint8Array): Uint8Array {
  if (form === 0) {
    const script = new Uint8Array(25);
    script.set([OP_DUP, OP_HASH160, HASH_SIZE]);
    script.set(hash, 3);
    script[23] = OP_EQUALVERIFY;
    script[24] = OP_CHECKSIG;
    return script;
  }
  const script = new Uint8Array(23);
  script[0] = OP_HASH160;
  script[1] = HASH_SIZE;
  script.set(hash, 2);
  script[22] = OP_EQUAL;
  return script;
}

function keyScript(form: number, reader: Reader, decompress: DecompressPublicKey): Uint8Array {
  const compressed = new Uint8Array(33);
  compressed[0] = form < 4 ? form : form - 2;
  compressed.set(reader.bytes(KEY_SIZE), 1);
  const key = form < 4 ? compressed : decompress(compressed);
  if (key === undefined) return new Uint8Array(0);
  const script = new Uint8Array(key.length + 2);
  script[0] = key.length;
  script.set(key, 1);
  script[script.length - 1] = OP_CHECKSIG;
  return script;
}
