import { chacha20 } from '@noble/ciphers/chacha.js';

const NO_NONCE = /* @__PURE__ */ new Uint8Array(12);

/**
 * The first bytes of ChaCha20's key stream (RFC 8439) with a nonce of zeros, from block 0.
 *
 * @param key 32 bytes
 */
export function chacha20KeyStream(key: Uint8Array, length: number): Uint8Array {
  return chacha20(key, NO_NONCE, new Uint8Array(length));
}
