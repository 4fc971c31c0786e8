import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { nativeSecp256k1 } from '@btcp2p/reactor';
import { tapTweakHash } from '@btcp2p/script';
import { toHex } from '@btcp2p/wire';

const { Point } = secp256k1;

/** The prime of secp256k1's field (SEC 2, section 2.4.1). */
const FIELD_ORDER = 2n ** 256n - 2n ** 32n - 977n;

/** Whether 33 or 65 bytes are a point of the curve (Core `CPubKey::IsFullyValid`). */
export function isPublicKey(bytes: Uint8Array): boolean {
  if (bytes.length === 33) return (bytes[0] === 2 || bytes[0] === 3) && isOnCurve(bytes.subarray(1));
  try {
    Point.fromBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Whether 32 bytes are the X coordinate of a point of the curve. */
function isOnCurve(bytes: Uint8Array): boolean {
  const x = BigInt(`0x${toHex(bytes)}`);
  return x < FIELD_ORDER && nativeSecp256k1.sqrt((x * x * x + 7n) % FIELD_ORDER) !== undefined;
}

/** RIPEMD-160 of SHA-256: 20 bytes. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(bytes));
}

/** The public key of a secret one of 32 bytes; undefined if that is 0 or too large. */
export function publicKeyOf(secret: Uint8Array, isCompressed: boolean): Uint8Array | undefined {
  return secp256k1.utils.isValidSecretKey(secret)
    ? secp256k1.getPublicKey(secret, isCompressed)
    : undefined;
}

/**
 * The output key of an internal key and the root of its tree of scripts, 32 bytes each (BIP 341);
 * undefined if the tweak is no number of the curve, which nobody has ever seen.
 *
 * @param internalKey X of a point of the curve
 */
export function taprootOutputKey(
  internalKey: Uint8Array,
  merkleRoot?: Uint8Array,
): Uint8Array | undefined {
  const tweak = tapTweakHash(internalKey, merkleRoot);
  try {
    const tweaked = Point.BASE.multiply(Point.Fn.fromBytes(tweak));
    const output = tweaked.add(Point.fromBytes(Uint8Array.of(2, ...internalKey)));
    return output.toBytes(true).slice(1);
  } catch {
    return undefined;
  }
}

/** Bytes compared as unsigned numbers, a shorter one first where it starts a longer one. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
