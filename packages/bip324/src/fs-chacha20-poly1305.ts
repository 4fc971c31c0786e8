import { chacha20 } from '@noble/ciphers/chacha.js';
import type { Aead } from './aead.ts';
import { epochNonce, REKEY_INTERVAL } from './fs-chacha20.ts';

const NEXT_KEY = new Uint8Array(32);

/**
 * The forward-secure AEAD `FSChaCha20Poly1305` (BIP 324 §"Content encryption"): ChaCha20-Poly1305,
 * whose nonce counts packets and whose key is replaced after each epoch of 224 of them.
 */
export class FsChaCha20Poly1305 {
  readonly #aead: Aead;
  readonly #key: Uint8Array;
  /** The packet's number within its epoch, 4 bytes, and the epoch's, 8 bytes: little-endian. */
  #nonce = epochNonce(0);
  #epoch = 0;
  #wiped = false;

  /** @param key 32 bytes, which are copied */
  constructor(key: Uint8Array, aead: Aead) {
    this.#aead = aead;
    this.#key = key.slice();
  }

  /** Encrypts the next packet: as {@link Aead.seal}. */
  seal(aad: Uint8Array, parts: readonly Uint8Array[]): readonly Uint8Array[] {
    if (this.#wiped) throw new Error('the cipher is wiped');
    const sealed = this.#aead.seal(this.#key, this.#nonce, aad, parts);
    this.#count();
    return sealed;
  }

  /** Decrypts the next packet: as {@link Aead.open}. */
  open(aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    if (this.#wiped) throw new Error('the cipher is wiped');
    const plain = this.#aead.open(this.#key, this.#nonce, aad, sealed);
    this.#count();
    return plain;
  }

  /** Overwrites the key. The cipher is of no use afterwards, and `seal` and `open` throw. */
  wipe(): void {
    this.#key.fill(0);
    this.#nonce.fill(0);
    this.#wiped = true;
  }

  #count(): void {
    // An epoch has fewer packets than a byte has values.
    const packet = this.#nonce[0]! + 1;
    if (packet < REKEY_INTERVAL) this.#nonce[0] = packet;
    else this.#rekey();
  }

  /**
   * The new key is what 32 zero bytes encrypt to under a nonce that no packet has. That is the
   * cipher's keystream from block 1 on; block 0 is for Poly1305.
   */
  #rekey(): void {
    this.#nonce.fill(0xff, 0, 4);
    const key = chacha20(this.#key, this.#nonce, NEXT_KEY, undefined, 1);
    this.#key.set(key);
    key.fill(0);
    this.#nonce = epochNonce(++this.#epoch);
  }
}
