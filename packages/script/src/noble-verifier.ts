import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { equalBytes } from './bytes.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

const { Point } = secp256k1;
const RAW = { prehash: false, lowS: false, format: 'compact' } as const;

/**
 * The {@link SignatureVerifier} of `@noble/curves`: pure JavaScript, some 400 signatures a second.
 *
 * It takes no Schnorr signature with S of zero, which BIP 340 allows; to make one that holds, somebody
 * would have to find a hash that is a given multiple of a discrete logarithm.
 */
export const nobleVerifier: SignatureVerifier = {
  verifyEcdsa(signature, hash, publicKey) {
    try {
      return secp256k1.verify(signature, hash, publicKey, RAW);
    } catch {
      return false;
    }
  },
  verifySchnorr(signature, message, publicKey) {
    try {
      return schnorr.verify(signature, message, publicKey);
    } catch {
      return false;
    }
  },
  checkTapTweak(internalKey, tweak, outputKey, parity) {
    try {
      const internal = Point.fromBytes(Uint8Array.of(2, ...internalKey));
      const scalar = scalarOf(tweak);
      if (scalar >= Point.Fn.ORDER) return false;
      const output = Point.BASE.multiplyUnsafe(scalar).add(internal);
      // The point at infinity has no bytes, and throws.
      const bytes = output.toBytes(true);
      return bytes[0] === 2 + parity && equalBytes(bytes.subarray(1), outputKey);
    } catch {
      return false;
    }
  },
};

function scalarOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
