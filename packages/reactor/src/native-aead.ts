import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type Aead, TAG_SIZE } from '@btcp2p/bip324';
import { openShort, sealShort, SHORT_LIMIT } from './chacha20-poly1305-wasm.ts';

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_SIZE };

function checkSizes(key: Uint8Array, nonce: Uint8Array): void {
  if (key.length !== 32) throw new RangeError(`a key has 32 bytes, not ${key.length}`);
  if (nonce.length !== 12) throw new RangeError(`a nonce has 12 bytes, not ${nonce.length}`);
}

/** The same memory, without what a Buffer does differently: its `slice` does not copy. */
function plainView(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function sealLong(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  parts: readonly Uint8Array[],
  length: number,
): Uint8Array[] {
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
  if (aad.length > 0) cipher.setAAD(aad, { plaintextLength: length });
  const pieces = parts.map((part) => plainView(cipher.update(part)));
  cipher.final();
  pieces.push(plainView(cipher.getAuthTag()));
  return pieces;
}

function openLong(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - TAG_SIZE;
  const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS);
  decipher.setAuthTag(sealed.subarray(length));
  if (aad.length > 0) decipher.setAAD(aad, { plaintextLength: length });
  const plain = decipher.update(sealed.subarray(0, length));
  try {
    // OpenSSL compares the tags in constant time here.
    decipher.final();
  } catch {
    plain.fill(0);
    return undefined;
  }
  return plainView(plain);
}

/**
 * ChaCha20-Poly1305 by WebAssembly where message and additional data are short together, and else by
 * OpenSSL, which takes some microseconds for any message and then little for each byte.
 *
 * A header and 64 bytes took 0.5 µs to seal or to open, where OpenSSL took 5 and 4 µs and the default
 * of `@btcp2p/bip324` 10 µs; 1,024 bytes took 2 µs, OpenSSL 5 to 6 µs, the default 18 µs. OpenSSL
 * drew level between 3 and 4 KB. It took 430 µs for 1 MB, 2.4 GB/s, the default 7,400 µs (one core of
 * the machine of docs/benchmarks.md).
 *
 * Short messages are decrypted in place. A key or nonce of a wrong size throws a `RangeError`.
 */
export const nativeAead: Aead = {
  seal(key, nonce, aad, parts) {
    checkSizes(key, nonce);
    let length = 0;
    for (const part of parts) length += part.length;
    const isShort = aad.length + length <= SHORT_LIMIT;
    if (isShort) return [sealShort(key, nonce, aad, parts, length)];
    return sealLong(key, nonce, aad, parts, length);
  },
  open(key, nonce, aad, sealed) {
    checkSizes(key, nonce);
    if (sealed.length < TAG_SIZE) return undefined;
    const isShort = aad.length + sealed.length - TAG_SIZE <= SHORT_LIMIT;
    return (isShort ? openShort : openLong)(key, nonce, aad, sealed);
  },
};
