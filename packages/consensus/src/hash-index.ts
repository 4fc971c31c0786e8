import { readU32 } from './u32.ts';

/** A slot is two words: the number it holds plus one (0: free), and the tag of its hash. */
const SLOT_WORDS = 2;
const INITIAL_SLOTS = 64;
/** Slots moved at each insertion while the table grows. Two would just do. */
const MOVES = 8;

/**
 * Finds numbers by 32-byte hashes: open addressing with linear probing. A probe compares 32-bit
 * tags, and asks for the hash itself only where they agree.
 *
 * Specification: at 3/4 full, a table of twice the size takes over. Insertions go there, and each
 * one also copies a few slots of the old table, which is searched until all are copied.
 * Rationale: no insertion ever pays for moving a million others.
 *
 * The salt makes the place of a hash unpredictable, so that nobody can mine headers that collide.
 */
export class HashIndex {
  readonly #isHashOf: (value: number, bytes: Uint8Array, offset: number) => boolean;
  readonly #salt0: number;
  readonly #salt1: number;
  #slots = new Uint32Array(INITIAL_SLOTS * SLOT_WORDS);
  /** The table that is being left; none if empty. */
  #old = new Uint32Array(0);
  /** Words of the old table copied so far. */
  #moved = 0;
  #size = 0;

  /**
   * @param isHashOf whether the 32 bytes at `offset` are the hash of `value`
   * @param salt 64 bits
   */
  constructor(
    isHashOf: (value: number, bytes: Uint8Array, offset: number) => boolean,
    salt: bigint,
  ) {
    this.#isHashOf = isHashOf;
    this.#salt0 = Number(BigInt.asUintN(32, salt));
    this.#salt1 = Number(BigInt.asUintN(32, salt >> 32n));
  }

  /** Bytes of memory that the tables take. */
  get byteLength(): number {
    return this.#slots.byteLength + this.#old.byteLength;
  }

  /** The number of the hash in the 32 bytes at `offset`, or -1. */
  find(bytes: Uint8Array, offset: number): number {
    const tag = this.#tag(bytes, offset);
    const found = this.#search(this.#slots, tag, bytes, offset);
    if (found >= 0 || this.#old.length === 0) return found;
    return this.#search(this.#old, tag, bytes, offset);
  }

  /** Adds a number (0 to 2^32 - 2) under a hash that is not there yet. */
  insert(bytes: Uint8Array, offset: number, value: number): void {
    if (this.#old.length > 0) this.#move();
    if (4 * (this.#size + 1) > 3 * (this.#slots.length / SLOT_WORDS)) this.#grow();
    place(this.#slots, value + 1, this.#tag(bytes, offset));
    this.#size++;
  }

  #search(slots: Uint32Array, tag: number, bytes: Uint8Array, offset: number): number {
    const mask = slots.length - 1;
    for (let at = (tag * SLOT_WORDS) & mask; slots[at] !== 0; at = (at + SLOT_WORDS) & mask) {
      if (slots[at + 1] !== tag) continue;
      const value = slots[at]! - 1;
      if (this.#isHashOf(value, bytes, offset)) return value;
    }
    return -1;
  }

  #grow(): void {
    // The table before the last has long been left: this one took as many insertions as it had.
    while (this.#old.length > 0) this.#move();
    this.#old = this.#slots;
    this.#moved = 0;
    this.#slots = new Uint32Array(2 * this.#old.length);
  }

  /** Copies the next few slots of the old table, and lets go of it after the last. */
  #move(): void {
    const old = this.#old;
    const end = Math.min(this.#moved + MOVES * SLOT_WORDS, old.length);
    for (let at = this.#moved; at < end; at += SLOT_WORDS) {
      if (old[at] !== 0) place(this.#slots, old[at]!, old[at + 1]!);
    }
    this.#moved = end;
    if (end === old.length) this.#old = new Uint32Array(0);
  }

  /** 32 bits out of 64 of the hash. A block's hash ends with zeros, so the first ones are taken. */
  #tag(bytes: Uint8Array, offset: number): number {
    let tag = readU32(bytes, offset) ^ this.#salt0;
    tag = Math.imul(tag ^ (tag >>> 16), 0x85eb_ca6b);
    tag ^= readU32(bytes, offset + 4) ^ this.#salt1;
    tag = Math.imul(tag ^ (tag >>> 15), 0xc2b2_ae35);
    return (tag ^ (tag >>> 16)) >>> 0;
  }
}

function place(slots: Uint32Array, entry: number, tag: number): void {
  const mask = slots.length - 1;
  let at = (tag * SLOT_WORDS) & mask;
  while (slots[at] !== 0) at = (at + SLOT_WORDS) & mask;
  slots[at] = entry;
  slots[at + 1] = tag;
}
