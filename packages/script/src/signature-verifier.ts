/**
 * The arithmetic of secp256k1 that scripts need. The default is {@link nobleVerifier}; libsecp256k1, as
 * WebAssembly or native, takes a sixth of its time and less.
 *
 * Anyone can send any bytes: no method throws, whatever they are, and what is no key, no signature or
 * no scalar is `false`. Arguments may be views of larger arrays and must not be kept.
 */
export interface SignatureVerifier {
  /**
   * Whether an ECDSA signature holds.
   *
   * @param signature R and S, 32 bytes each, big-endian; below the group order, perhaps zero; S is at
   *   most half of it
   * @param hash 32 bytes
   * @param publicKey 33 bytes from 2 or 3, or 65 bytes from 4; perhaps not on the curve
   */
  verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean;
  /**
   * Whether a Schnorr signature (BIP 340) holds.
   *
   * @param signature 64 bytes, any
   * @param message 32 bytes
   * @param publicKey X of a point, 32 bytes; perhaps of none
   */
  verifySchnorr(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /**
   * Whether `outputKey` and the parity of its Y are `internalKey` plus `tweak` times the generator (BIP
   * 341, "Script validation rules"; libsecp256k1 `secp256k1_xonly_pubkey_tweak_add_check`).
   *
   * @param internalKey X of a point with even Y, 32 bytes; perhaps of none
   * @param tweak 32 bytes, big-endian; perhaps not below the group order
   * @param outputKey 32 bytes, any
   * @param parity 1 if Y of the output key is odd
   */
  checkTapTweak(
    internalKey: Uint8Array, tweak: Uint8Array, outputKey: Uint8Array, parity: 0 | 1,
  ): boolean;
}
