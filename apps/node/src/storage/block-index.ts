/** Bytes of a hash. */
const HASH_SIZE = 32;

/** Where a block stands. */
export interface BlockPosition {
  /** Number of the file. */
  readonly file: number;
  /** Offset of the block itself in it, past magic and size. */
  readonly offset: number;
  /** Bytes of the block. */
  readonly size: number;
}

/**
 * From block hash to position, in typed arrays: about 60 bytes a block, where a `Map` with text keys
 * takes four times that. A hash table with open addressing, never more than half full; entries are
 * only added.
 */
export class BlockIndex {
  #capacity = 1_024;
  #count = 0;
  #hashes = new Uint8Array(HASH_SIZE * this.#capacity);
  /** Three numbers for each block: file, offset, size. */
  #positions = new Uint32Array(3 * this.#capacity);
  /** Entry number plus 1; 0 is free. */
  #slots = new Int32Array(2 * this.#capacity);

  get size(): number {
    return this.#count;
  }

  get(hash: Uint8Array): BlockPosition | undefined {
    const entry = this.#slots[this.#slotOf(hash)]! - 1;
    if (entry < 0) return undefined;
    const [file = 0, offset = 0, size = 0] = this.#positions.subarray(3 * entry, 3 * entry + 3);
    return { file, offset, size };
  }

  has(hash: Uint8Array): boolean {
    return this.#slots[this.#slotOf(hash)] !== 0;
  }

  /** All hashes, in the order in which they were added, each in a fresh array. */
  *hashes(): Generator<Uint8Array> {
    for (let entry = 0; entry < this.#count; entry++) {
      yield this.#hashes.slice(HASH_SIZE * entry, HASH_SIZE * (entry + 1));
    }
  }

  /** Adds a block. One that is there already stays where it is. */
  add(hash: Uint8Array, { file, offset, size }: BlockPosition): void {
    let slot = this.#slotOf(hash);
    if (this.#slots[slot] !== 0) return;
    if (this.#count === this.#capacity) {
      this.#grow();
      slot = this.#slotOf(hash);
    }
    const entry = this.#count++;
    this.#hashes.set(hash, HASH_SIZE * entry);
    this.#positions.set([file, offset, size], 3 * entry);
    this.#slots[slot] = entry + 1;
  }

  /** The slot of the hash, or the free one where it would go. */
  #slotOf(hash: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = firstWord(hash, 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0 || this.#isHashOf(entry, hash)) return slot;
    }
  }

  #isHashOf(entry: number, hash: Uint8Array): boolean {
    const start = HASH_SIZE * entry;
    for (let i = 0; i < HASH_SIZE; i++) if (this.#hashes[start + i] !== hash[i]) return false;
    return true;
  }

  #grow(): void {
    this.#capacity *= 2;
    const hashes = new Uint8Array(HASH_SIZE * this.#capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const positions = new Uint32Array(3 * this.#capacity);
    positions.set(this.#positions);
    this.#positions = positions;
    this.#slots = new Int32Array(2 * this.#capacity);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = firstWord(hashes, HASH_SIZE * entry) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry + 1;
    }
  }
}

/** The first 4 bytes: in wire order, proof of work leaves them random. */
function firstWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
