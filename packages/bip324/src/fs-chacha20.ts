import { chacha20 } from '@noble/ciphers/chacha.js';

/** Core `BIP324Cipher::REKEY_INTERVAL`: packets between two changes of a key (BIP 324). */
export const REKEY_INTERVAL = 224;

/** Core `BIP324Cipher::LENGTH_LEN`: bytes of a packet's length on the wire (BIP 324). */
export const LENGTH_LEN = 3;

const KEY_SIZE = 32;

/**
 * The forward-secure stream cipher `FSChaCha20` (BIP 324 §"Length encryption"): ChaCha20, whose key
 * is replaced by the next 32 bytes of its own keystream after each epoch of `rekeyInterval` chunks.
 *
 * An epoch's keystream is made at once (with lengths: 224 * 3 + 32 bytes, which is 11 blocks of
 * ChaCha20 to the byte). It replaces the key: the next epoch's key is all else that is kept.
 */
export class FsChaCha20 {
  readonly #chunkSize: number;
  /** An epoch's chunks, then the key of the next epoch. */
  readonly #keystream: Uint8Array;
  readonly #end: number;
  #offset = 0;
  #epoch = 0;
  #wiped = false;

  /**
   * @param key 32 bytes, which are copied
   * @param chunkSize bytes of each chunk
   * @param rekeyInterval chunks of an epoch
   */
  constructor(key: Uint8Array, chunkSize = LENGTH_LEN, rekeyInterval = REKEY_INTERVAL) {
    this.#chunkSize = chunkSize;
    this.#end = chunkSize * rekeyInterval;
    this.#keystream = new Uint8Array(this.#end + KEY_SIZE);
    this.#keystream.set(key, this.#end);
    this.#fill();
  }

  /** Encrypts or decrypts the next chunk, in place: the bytes from `offset` on. */
  crypt(bytes: Uint8Array, offset = 0): void {
    if (this.#wiped) throw new Error('the cipher is wiped');
    const keystream = this.#keystream;
    let at = this.#offset;
    for (let i = offset; i < offset + this.#chunkSize; i++) bytes[i]! ^= keystream[at++]!;
    this.#offset = at;
    if (at === this.#end) {
      this.#epoch++;
      this.#fill();
    }
  }

  /** Overwrites key and keystream. The cipher is of no use afterwards, and `crypt` throws. */
  wipe(): void {
    this.#keystream.fill(0);
    this.#wiped = true;
  }

  /** Makes the epoch's keystream of the key at the end of the last one's, which it overwrites. */
  #fill(): void {
    const keystream = this.#keystream;
    const key = keystream.slice(this.#end);
    keystream.fill(0);
    chacha20(key, epochNonce(this.#epoch), keystream, keystream);
    key.fill(0);
    this.#offset = 0;
  }
}

/** A nonce of 12 bytes: 4 zeros and the epoch, little-endian (BIP 324 §"Length encryption"). */
export function epochNonce(epoch: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(epoch), true);
  return nonce;
}
