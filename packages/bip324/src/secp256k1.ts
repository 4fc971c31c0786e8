/**
 * What ElligatorSwift needs of the field modulo p = 2^256 - 2^32 - 977 and of the curve
 * y^2 = x^3 + 7. The default is `@noble/curves`; whoever has faster ones passes those in.
 *
 * Field elements are integers from 0 to p - 1.
 */
export interface Secp256k1 {
  /**
   * The square root that is a square itself, a^((p + 1) / 4), or undefined if there is none. Of
   * public values only: it may vary in time.
   */
  sqrt(a: bigint): bigint | undefined;
  /**
   * Whether there is a square root. Of public values only. Where it is left out, a Jacobi symbol
   * in JavaScript tells (about 5 µs); of use to those who are faster.
   */
  isSquare?(a: bigint): boolean;
  /** The inverse; that of 0 is 0. Of public values only. */
  invert(a: bigint): bigint;
  /** The X coordinate of the public key of a valid secret key (32 bytes). */
  publicX(secretKey: Uint8Array): bigint;
  /** The X coordinate of a point with the X coordinate `x`, which is on the curve, times the key. */
  multiplyX(x: bigint, secretKey: Uint8Array): bigint;
}
