/** Bytes of a Poly1305 tag (RFC 8439). */
export const TAG_SIZE = 16;

/**
 * ChaCha20-Poly1305 as in RFC 8439 §2.8. The default is that of `@noble/ciphers`; a faster one may
 * be given to a session.
 *
 * Keys have 32 bytes, nonces 12. An implementation keeps nothing of what it was given when it
 * returns: keys are overwritten once they are spent.
 */
export interface Aead {
  /**
   * Encrypts the concatenation of `parts`, which are left as they are.
   *
   * @returns the pieces of the ciphertext and its 16-byte tag, in order, in fresh memory
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    parts: readonly Uint8Array[],
  ): readonly Uint8Array[];
  /**
   * Decrypts. `sealed`, the ciphertext followed by its tag, may be overwritten.
   *
   * @returns the plaintext, in memory of its own or in place, or undefined if the tag does not fit
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;
}
