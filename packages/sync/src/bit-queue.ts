/** Bytes of a chunk. Small, so that a short queue is small; large, so that a long one has few. */
const CHUNK_BYTES = 1_024;
const CHUNK_BITS = 8 * CHUNK_BYTES;

/**
 * A first-in, first-out queue of bits that takes one bit of memory for each, to within two chunks of
 * 1,024 bytes (Core `bitdeque`, util/bitdeque.h).
 */
export class BitQueue {
  #chunks: Uint8Array[] = [];
  /** Where the oldest bit is, counted from the first bit of the first chunk. */
  #head = 0;
  #length = 0;

  /** How many bits wait. */
  get length(): number {
    return this.#length;
  }

  /** Bytes held. */
  get retainedBytes(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }

  /** Appends a bit: 0 or 1. */
  push(bit: number): void {
    const at = this.#head + this.#length;
    if (at === this.#chunks.length * CHUNK_BITS) this.#chunks.push(new Uint8Array(CHUNK_BYTES));
    const within = at % CHUNK_BITS;
    if (bit === 1) this.#chunks.at(-1)![within >>> 3]! |= 1 << (within & 7);
    this.#length++;
  }

  /** Removes and returns the oldest bit. */
  shift(): number | undefined {
    if (this.#length === 0) return undefined;
    const bit = (this.#chunks[0]![this.#head >>> 3]! >>> (this.#head & 7)) & 1;
    this.#length--;
    this.#head++;
    if (this.#head === CHUNK_BITS) {
      this.#chunks.shift();
      this.#head = 0;
    }
    return bit;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#length = 0;
  }
}
