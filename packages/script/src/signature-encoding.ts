import { isLowS, parseDerLax } from './ecdsa-signature.ts';
import { isCompressedOrUncompressedPublicKey, isCompressedPublicKey } from './public-key.ts';
import type { ScriptError } from './script-error.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { type SigVersion, SignatureHashType } from './signature-hash-type.ts';

const ANY_STRICT = ScriptVerifyFlags.DERSIG | ScriptVerifyFlags.LOW_S | ScriptVerifyFlags.STRICTENC;

/**
 * Whether a signature with its hash type is strict DER (BIP 66, Core `IsValidSignatureEncoding`):
 * `30 <size> 02 <size> <R> 02 <size> <S> <hash type>`, R and S positive and without a zero byte in
 * front unless the next one has its highest bit set. 9 to 73 bytes.
 */
export function isStrictDer(signature: Uint8Array): boolean {
  const { length } = signature;
  if (length < 9 || length > 73) return false;
  if (signature[0] !== 0x30 || signature[1] !== length - 3) return false;
  const rSize = signature[3]!;
  if (5 + rSize >= length) return false;
  const sSize = signature[5 + rSize]!;
  if (rSize + sSize + 7 !== length) return false;
  return isStrictInteger(signature, 2, rSize) && isStrictInteger(signature, 4 + rSize, sSize);
}

function isStrictInteger(bytes: Uint8Array, at: number, size: number): boolean {
  if (bytes[at] !== 0x02 || size === 0) return false;
  const first = bytes[at + 2]!;
  if (first >= 0x80) return false;
  return size === 1 || first !== 0 || bytes[at + 3]! >= 0x80;
}

/** Whether S of a strict signature with its hash type is low (Core `CPubKey::CheckLowS`). */
function hasLowS(signature: Uint8Array): boolean {
  const parsed = parseDerLax(signature.subarray(0, -1));
  return parsed !== undefined && isLowS(parsed);
}

/** Whether the hash type is one that has a meaning (Core `IsDefinedHashtypeSignature`). */
function hasDefinedHashType(signature: Uint8Array): boolean {
  const type = signature[signature.length - 1]! & ~SignatureHashType.ANYONECANPAY;
  return type >= SignatureHashType.ALL && type <= SignatureHashType.SINGLE;
}

/**
 * Whether an ECDSA signature with its hash type has the form that the flags ask for (Core
 * `CheckSignatureEncoding`): `OK`, `SIG_DER`, `SIG_HIGH_S` or `SIG_HASHTYPE`. An empty one always does.
 */
export function checkSignatureEncoding(signature: Uint8Array, flags: ScriptVerifyFlags): ScriptError {
  if (signature.length === 0 || (flags & ANY_STRICT) === 0) return 'OK';
  if (!isStrictDer(signature)) return 'SIG_DER';
  if ((flags & ScriptVerifyFlags.LOW_S) !== 0 && !hasLowS(signature)) return 'SIG_HIGH_S';
  if ((flags & ScriptVerifyFlags.STRICTENC) !== 0 && !hasDefinedHashType(signature)) {
    return 'SIG_HASHTYPE';
  }
  return 'OK';
}

/** Whether an ECDSA public key has the form that the flags ask for (Core `CheckPubKeyEncoding`). */
export function checkPublicKeyEncoding(
  key: Uint8Array, flags: ScriptVerifyFlags, sigVersion: SigVersion,
): ScriptError {
  if ((flags & ScriptVerifyFlags.STRICTENC) !== 0 && !isCompressedOrUncompressedPublicKey(key)) {
    return 'PUBKEYTYPE';
  }
  if (
    (flags & ScriptVerifyFlags.WITNESS_PUBKEYTYPE) !== 0 &&
    sigVersion === 'WITNESS_V0' && !isCompressedPublicKey(key)
  ) {
    return 'WITNESS_PUBKEYTYPE';
  }
  return 'OK';
}
