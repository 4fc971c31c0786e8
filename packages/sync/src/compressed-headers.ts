import { BLOCK_HEADER_SIZE } from '@btcp2p/wire';

/** Bytes of a header without the previous hash (Core `CompressedHeader`, headerssync.h). */
export const COMPRESSED_HEADER_SIZE = 48;

/** Headers of a chunk, which so takes 24,576 bytes. */
const CHUNK_HEADERS = 512;
const CHUNK_BYTES = CHUNK_HEADERS * COMPRESSED_HEADER_SIZE;

/** Where the hash of the block before starts and ends in a header. */
const PREV_START = 4;
const PREV_END = 36;

/**
 * A first-in, first-out queue of consecutive headers at 48 bytes each, to within two chunks of 512:
 * each leaves out the hash of the one before, which follows from that one.
 */
export class CompressedHeaders {
  #chunks: Uint8Array[] = [];
  /** Where the oldest header is, counted in headers from the start of the first chunk. */
  #head = 0;
  #length = 0;

  /** How many headers wait. */
  get length(): number {
    return this.#length;
  }

  /** Bytes held. */
  get retainedBytes(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }

  /** Appends a header (80 bytes), which is copied. */
  push(header: Uint8Array): void {
    const at = this.#head + this.#length;
    if (at === this.#chunks.length * CHUNK_HEADERS) this.#chunks.push(new Uint8Array(CHUNK_BYTES));
    const chunk = this.#chunks.at(-1)!;
    const start = (at % CHUNK_HEADERS) * COMPRESSED_HEADER_SIZE;
    for (let i = 0; i < PREV_START; i++) chunk[start + i] = header[i]!;
    chunk.set(header.subarray(PREV_END), start + PREV_START);
    this.#length++;
  }

  /**
   * Removes the oldest header and writes it out in full.
   *
   * @param prevHash the hash of the header before it, 32 bytes
   * @param target where its 80 bytes go
   */
  shiftInto(target: Uint8Array, prevHash: Uint8Array): void {
    if (this.#length === 0) throw new Error('no header waits');
    const start = this.#head * COMPRESSED_HEADER_SIZE;
    const compressed = this.#chunks[0]!.subarray(start, start + COMPRESSED_HEADER_SIZE);
    target.set(compressed.subarray(0, PREV_START), 0);
    target.set(prevHash, PREV_START);
    target.set(compressed.subarray(PREV_START, PREV_START + BLOCK_HEADER_SIZE - PREV_END), PREV_END);
    this.#length--;
    this.#head++;
    if (this.#head === CHUNK_HEADERS) {
      this.#chunks.shift();
      this.#head = 0;
    }
  }

  /** Lets go of everything. */
  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#length = 0;
  }
}
