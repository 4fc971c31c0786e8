import type { RandomSource } from './random-source.ts';

/** Bytes of a secret key, and of an X coordinate: big-endian (SEC 2 §2.4.1). */
export const SECRET_KEY_SIZE = 32;

/** Bytes of a public key as ElligatorSwift encodes it: u and t, 32 each, big-endian (BIP 324). */
export const ELLSWIFT_SIZE = 64;

/**
 * The secp256k1 work of a handshake (BIP 324 §"ElligatorSwift encoding of curve X coordinates").
 */
export interface EllSwift {
  /**
   * Encodes the public key of a secret key.
   *
   * @param secretKey 32 bytes, from 1 to the order of the curve less 1
   * @param rng decides which of the many encodings (about 2^256) it is
   * @returns 64 bytes, not to be told from uniformly random ones
   * @throws RangeError if the secret key is not one
   */
  create(secretKey: Uint8Array, rng: RandomSource): Uint8Array;
  /**
   * Diffie-Hellman over X coordinates.
   *
   * @param theirs 64 bytes, of which any are the encoding of some public key
   * @returns the X coordinate of the product, 32 bytes
   * @throws RangeError if the secret key is not one
   */
  xdh(secretKey: Uint8Array, theirs: Uint8Array): Uint8Array;
}
