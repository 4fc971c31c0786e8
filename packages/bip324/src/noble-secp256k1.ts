import { secp256k1 } from '@noble/curves/secp256k1.js';
import { SECRET_KEY_SIZE } from './ell-swift.ts';
import { curveSide, readInteger } from './ellswift-field.ts';
import { isSquare } from './ellswift-is-square.ts';
import type { Secp256k1 } from './secp256k1.ts';

/**
 * {@link Secp256k1} on top of `@noble/curves`, in plain JavaScript.
 *
 * Secret keys meet nothing but noble's `multiply`, which takes the same steps for any scalar and
 * blinds it (as far as a language with big integers of varying size can keep a secret). Roots and
 * inverses are taken of public values only.
 */
export const nobleSecp256k1: Secp256k1 = { sqrt, isSquare, invert, publicX, multiplyX };

function sqrt(a: bigint): bigint | undefined {
  try {
    return secp256k1.Point.Fp.sqrt(a);
  } catch {
    return undefined; // Noble throws where there is none.
  }
}

function invert(a: bigint): bigint {
  return a === 0n ? 0n : secp256k1.Point.Fp.inv(a);
}

function publicX(secretKey: Uint8Array): bigint {
  return secp256k1.Point.BASE.multiply(toScalar(secretKey)).x;
}

function multiplyX(x: bigint, secretKey: Uint8Array): bigint {
  const scalar = toScalar(secretKey);
  const y = sqrt(curveSide(x));
  if (y === undefined) throw new RangeError('not the X coordinate of a point');
  return secp256k1.Point.fromAffine({ x, y }).multiply(scalar).x;
}

function toScalar(secretKey: Uint8Array): bigint {
  if (secretKey.length !== SECRET_KEY_SIZE) throw new RangeError('a secret key has 32 bytes');
  const scalar = readInteger(secretKey);
  if (!secp256k1.Point.Fn.isValidNot0(scalar)) throw new RangeError('not a secret key');
  return scalar;
}
