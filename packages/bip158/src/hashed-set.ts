import { fastRange } from './fast-range.ts';
import { sipHash, type SipHashKey } from './sip-hash.ts';
import { sortUniform } from './sort-uniform.ts';

/** One in so many elements matches a filter without being in it (BIP 158; Core `BASIC_FILTER_M`). */
export const BASIC_FILTER_M = 784_931;

const FIRST_CAPACITY = 256;

/**
 * Different byte strings, which it borrows and hashes when they are added. A hash serves twice: to
 * find an element that is there already, and to make the number of it that goes into the filter.
 */
export class HashedSet {
  readonly key: SipHashKey;
  #size = 0;
  /** Two halves for each element. */
  #hashes = new Int32Array(2 * FIRST_CAPACITY);
  /** Where each element is: its array, start and end there. */
  readonly #arrays: Uint8Array[] = [];
  #spans = new Uint32Array(2 * FIRST_CAPACITY);
  /** Numbers of elements from 1 on, at a place given by their hash or behind it; 0 is a free place. */
  #table = new Uint32Array(4 * FIRST_CAPACITY);

  constructor(key: SipHashKey) {
    this.key = key;
  }

  /** Different elements so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds `bytes` from `start` to `end`, unless they are there. */
  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (2 * this.#size === this.#spans.length) this.#grow();
    const size = this.#size;
    sipHash(this.key, bytes, start, end, this.#hashes, 2 * size);
    const place = this.#find(bytes, start, end);
    if (place < 0) return;
    this.#arrays.push(bytes);
    this.#spans[2 * size] = start;
    this.#spans[2 * size + 1] = end;
    this.#size = size + 1;
    this.#table[place] = this.#size;
  }

  /** The numbers below `size * M` that the elements are hashed to, in ascending order. */
  sorted(): Float64Array {
    return this.sortedBelow(this.#size * BASIC_FILTER_M);
  }

  /** The numbers below `range` that the elements are hashed to, in ascending order. */
  sortedBelow(range: number): Float64Array {
    const values = new Float64Array(this.#size);
    for (let i = 0; i < values.length; i++) {
      values[i] = fastRange(this.#hashes[2 * i]! >>> 0, this.#hashes[2 * i + 1]! >>> 0, range);
    }
    return sortUniform(values, range);
  }

  /** The place in the table for the element whose hash was appended; -1 if it is there already. */
  #find(bytes: Uint8Array, start: number, end: number): number {
    const hashes = this.#hashes;
    const table = this.#table;
    const [lower, upper] = [hashes[2 * this.#size], hashes[2 * this.#size + 1]];
    const mask = table.length - 1;
    for (let place = lower! & mask; ; place = (place + 1) & mask) {
      const index = table[place]! - 1;
      if (index < 0) return place;
      // Different elements may have one hash: then both count (BIP 158 has no duplicates by bytes).
      if (hashes[2 * index] !== lower || hashes[2 * index + 1] !== upper) continue;
      if (this.#isElement(index, bytes, start, end)) return -1;
    }
  }

  #isElement(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const other = this.#arrays[index]!;
    const shift = this.#spans[2 * index]! - start;
    if (this.#spans[2 * index + 1]! - shift !== end) return false;
    for (let i = start; i < end; i++) if (bytes[i] !== other[i + shift]) return false;
    return true;
  }

  /** Makes room for twice as many; the table stays half empty at least. */
  #grow(): void {
    this.#hashes = copied(this.#hashes, new Int32Array(2 * this.#hashes.length));
    this.#spans = copied(this.#spans, new Uint32Array(2 * this.#spans.length));
    this.#table = new Uint32Array(2 * this.#table.length);
    const mask = this.#table.length - 1;
    for (let i = 0; i < this.#size; i++) {
      let place = this.#hashes[2 * i]! & mask;
      while (this.#table[place] !== 0) place = (place + 1) & mask;
      this.#table[place] = i + 1;
    }
  }
}

function copied<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
