import { readU32, writeU32 } from './u32.ts';

/** No record. Our choice: the largest word, which no record's number ever reaches. */
export const NONE = 0xffff_ffff;

// Where the words of a record are. A hash has 8 of them.
const HASH = 0;
const MERKLE_ROOT = 8;
const VERSION = 16;
const TIME = 17;
const BITS = 18;
const NONCE = 19;
const PARENT = 20;
const SKIP = 21;
const HEIGHT = 22;
const INVALID = 23;
/** 128 bits in 4 words, the lowest first. */
const WORK = 24;
const RECORD_WORDS = 28;

/** 512 records: 57 kB a page, so that a thousand trees of a few headers fit in one process. */
const PAGE_BITS = 9;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

// Where a header has its fields, in bytes.
const HEADER_MERKLE_ROOT = 36;
const HEADER_TIME = 68;
const HEADER_BITS = 72;
const HEADER_NONCE = 76;

/**
 * Headers as records of 28 words of 32 bits, numbered from 0 in the order of arrival. The previous
 * hash is not among them: it is the parent's. Records live in pages, so that growing copies
 * nothing, and the words of a record stand together, since whoever visits a header reads several
 * of them: 112 bytes, two cache lines.
 *
 * Chain work has 128 bits. Mainnet's has 96 of them today, and grows by one bit at the earliest
 * when as much again has been hashed; Core keeps 256.
 */
export class HeaderRecords {
  readonly #pages: Uint32Array[] = [];
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory that the pages take. */
  get byteLength(): number {
    return this.#pages.length * (RECORD_WORDS << PAGE_BITS) * 4;
  }

  /** Adds a header of 80 bytes with its hash, without work, and returns its number. */
  append(
    header: Uint8Array,
    hash: Uint8Array,
    parent: number,
    skip: number,
    height: number,
  ): number {
    const record = this.#size;
    if ((record & PAGE_MASK) === 0) this.#pages.push(new Uint32Array(RECORD_WORDS << PAGE_BITS));
    const page = this.#pages[record >>> PAGE_BITS]!;
    const at = (record & PAGE_MASK) * RECORD_WORDS;
    for (let i = 0; i < 8; i++) {
      page[at + HASH + i] = readU32(hash, 4 * i);
      page[at + MERKLE_ROOT + i] = readU32(header, HEADER_MERKLE_ROOT + 4 * i);
    }
    page[at + VERSION] = readU32(header, 0);
    page[at + TIME] = readU32(header, HEADER_TIME);
    page[at + BITS] = readU32(header, HEADER_BITS);
    page[at + NONCE] = readU32(header, HEADER_NONCE);
    page[at + PARENT] = parent;
    page[at + SKIP] = skip;
    page[at + HEIGHT] = height;
    this.#size++;
    return record;
  }

  /** Unsigned. */
  version(record: number): number {
    return this.#word(record, VERSION);
  }

  time(record: number): number {
    return this.#word(record, TIME);
  }

  bits(record: number): number {
    return this.#word(record, BITS);
  }

  parent(record: number): number {
    return this.#word(record, PARENT);
  }

  skip(record: number): number {
    return this.#word(record, SKIP);
  }

  height(record: number): number {
    return this.#word(record, HEIGHT);
  }

  isInvalid(record: number): boolean {
    return this.#word(record, INVALID) !== 0;
  }

  markInvalid(record: number): void {
    this.#set(record, INVALID, 1);
  }

  clearInvalid(record: number): void {
    this.#set(record, INVALID, 0);
  }

  hasHash(record: number, bytes: Uint8Array, offset: number): boolean {
    const page = this.#pages[record >>> PAGE_BITS]!;
    const at = (record & PAGE_MASK) * RECORD_WORDS + HASH;
    for (let i = 0; i < 8; i++) {
      if (page[at + i] !== readU32(bytes, offset + 4 * i)) return false;
    }
    return true;
  }

  /** Copies the hash to the 32 bytes at `offset`. */
  copyHash(record: number, bytes: Uint8Array, offset: number): void {
    this.#copy(record, HASH, 8, bytes, offset);
  }

  /** Copies all of the header but its previous hash (bytes 4 to 35) into 80 bytes. */
  copyHeader(record: number, bytes: Uint8Array): void {
    this.#copy(record, VERSION, 1, bytes, 0);
    this.#copy(record, MERKLE_ROOT, 8, bytes, HEADER_MERKLE_ROOT);
    this.#copy(record, TIME, 3, bytes, HEADER_TIME);
  }

  /** Sets the work of a chain, in 128 bits. */
  setWork(record: number, work: bigint): void {
    for (let i = 0; i < 4; i++) {
      this.#set(record, WORK + i, Number((work >> BigInt(32 * i)) & 0xffff_ffffn));
    }
  }

  /** Sets the work of a chain to that of the parent plus `proof`: 4 words, the lowest first. */
  addWork(record: number, proof: Uint32Array): void {
    const parent = this.parent(record);
    let carry = 0;
    for (let i = 0; i < 4; i++) {
      const sum = this.#word(parent, WORK + i) + proof[i]! + carry;
      this.#set(record, WORK + i, sum);
      carry = sum > 0xffff_ffff ? 1 : 0;
    }
    if (carry !== 0) throw new Error('chain work above 128 bits');
  }

  work(record: number): bigint {
    let work = 0n;
    for (let i = 3; i >= 0; i--) work = (work << 32n) | BigInt(this.#word(record, WORK + i));
    return work;
  }

  /** Above 0 if `a` has more work than `b`, below 0 if less, 0 if as much. */
  compareWork(a: number, b: number): number {
    for (let i = 3; i >= 0; i--) {
      const difference = this.#word(a, WORK + i) - this.#word(b, WORK + i);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #word(record: number, word: number): number {
    return this.#pages[record >>> PAGE_BITS]![(record & PAGE_MASK) * RECORD_WORDS + word]!;
  }

  #set(record: number, word: number, value: number): void {
    this.#pages[record >>> PAGE_BITS]![(record & PAGE_MASK) * RECORD_WORDS + word] = value;
  }

  #copy(record: number, word: number, count: number, bytes: Uint8Array, offset: number): void {
    for (let i = 0; i < count; i++) {
      writeU32(bytes, offset + 4 * i, this.#word(record, word + i));
    }
  }
}
