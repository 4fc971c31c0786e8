import { TAG_SIZE } from './aead.ts';
import { ChunkCollector } from './chunk-collector.ts';
import { LENGTH_LEN } from './fs-chacha20.ts';
import { HEADER_LEN, type OpenedPacket, type PacketCipher } from './packet-cipher.ts';
import type { SessionErrorCode } from './session-event.ts';

/** Why no packet can be read any more. */
export interface PacketFailure {
  readonly code: Extract<SessionErrorCode, 'authentication-failed' | 'packet-too-large'>;
  readonly detail: string;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Reads packets off a stream of bytes in any chunking.
 *
 * A packet that lies whole within a chunk is decrypted where it is; of any other, the parts are
 * collected. What a length announces is not allocated before it comes.
 */
export class PacketReader {
  readonly #cipher: PacketCipher;
  readonly #maxContentsSize: number;
  /** What the next packet is authenticated with: the peer's garbage with the first, then nothing. */
  #aad: Uint8Array;
  #chunk = NOTHING;
  #offset = 0;
  readonly #lengthBytes = new Uint8Array(LENGTH_LEN);
  #lengthUsed = 0;
  /** Bytes of the next packet's contents; undefined until their length has come. */
  #contentsSize: number | undefined;
  readonly #partial = new ChunkCollector();
  #failure: PacketFailure | undefined;

  /** @param aad what the first packet is authenticated with: the peer's garbage */
  constructor(cipher: PacketCipher, aad: Uint8Array, maxContentsSize: number) {
    this.#cipher = cipher;
    this.#aad = aad;
    this.#maxContentsSize = maxContentsSize;
  }

  /** Bytes of a packet that has not come whole yet. */
  get bufferedBytes(): number {
    const length = this.#contentsSize === undefined ? this.#lengthUsed : LENGTH_LEN;
    return length + this.#partial.length;
  }

  /** Why {@link next} gives nothing any more. */
  get failure(): PacketFailure | undefined {
    return this.#failure;
  }

  /** Takes a chunk, which it overwrites. `next` must have given all of the last one. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#offset = 0;
  }

  /** The next packet, decoys included; undefined if it has not come whole, or after a failure. */
  next(): OpenedPacket | undefined {
    if (this.#failure !== undefined) return undefined;
    const size = this.#contentsSize ?? this.#readLength();
    if (size === undefined) return undefined;
    const missing = HEADER_LEN + size + TAG_SIZE - this.#partial.length;
    const end = this.#offset + missing;
    const part = this.#chunk.subarray(this.#offset, end);
    if (part.length < missing) {
      this.#partial.add(part, missing);
      this.#chunk = NOTHING;
      this.#offset = 0;
      return undefined;
    }
    this.#offset = end;
    this.#contentsSize = undefined;
    const packet = this.#cipher.decrypt(
      this.#partial.length === 0 ? part : this.#partial.take(part),
      this.#aad,
    );
    if (packet === undefined) this.#fail('authentication-failed', 'packet decryption failure', size);
    this.#aad = NOTHING;
    return packet;
  }

  /** Drops what was collected, and overwrites the keys. */
  close(): void {
    this.#cipher.wipe();
    this.#partial.clear();
    this.#chunk = NOTHING;
  }

  #readLength(): number | undefined {
    const chunk = this.#chunk;
    let size: number;
    if (this.#lengthUsed === 0 && chunk.length - this.#offset >= LENGTH_LEN) {
      size = this.#cipher.decryptLength(chunk, this.#offset);
      this.#offset += LENGTH_LEN;
    } else {
      while (this.#lengthUsed < LENGTH_LEN) {
        if (this.#offset === chunk.length) return undefined;
        this.#lengthBytes[this.#lengthUsed++] = chunk[this.#offset++]!;
      }
      size = this.#cipher.decryptLength(this.#lengthBytes, 0);
      this.#lengthUsed = 0;
    }
    if (size > this.#maxContentsSize) {
      this.#fail('packet-too-large', 'packet too large', size);
      return undefined;
    }
    this.#contentsSize = size;
    return size;
  }

  #fail(code: PacketFailure['code'], what: string, size: number): void {
    this.#failure = { code, detail: `V2 transport error: ${what} (${size} bytes)` };
  }
}
