import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { TAG_SIZE, type Aead } from './aead.ts';

/** The `Aead` of `@noble/ciphers`: JavaScript only, and runs anywhere. */
export const nobleAead: Aead = {
  seal(key, nonce, aad, parts) {
    let size = 0;
    for (const part of parts) size += part.length;
    const sealed = new Uint8Array(size + TAG_SIZE);
    let offset = 0;
    for (const part of parts) {
      sealed.set(part, offset);
      offset += part.length;
    }
    return [chacha20poly1305(key, nonce, aad).encrypt(sealed.subarray(0, size), sealed)];
  },
  open(key, nonce, aad, sealed) {
    // In place, noble works word by word if the bytes are aligned to 4, and else byte by byte, which
    // is slower than the copy that it makes otherwise.
    const inPlace = sealed.byteOffset % 4 === 0 ? sealed.subarray(0, -TAG_SIZE) : undefined;
    try {
      return chacha20poly1305(key, nonce, aad).decrypt(sealed, inPlace);
    } catch {
      // Arguments have the right sizes, so that what it throws is: the tag does not fit.
      return undefined;
    }
  },
};
