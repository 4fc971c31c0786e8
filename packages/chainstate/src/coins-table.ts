import type { OutPoint } from '@btcp2p/wire';
import { coinCode, type Coin } from './coin.ts';

// A record, in words of 32 bits: flags, units and script length; height and coinbase bit; the amount,
// low word first; the txid; the index; then the script in bytes. A record that is free has in its
// second word the next one of its size.

/** Records are made of units of 8 bytes. A reference to one is the number of its first unit. */
const UNIT = 8;
const WORDS_PER_UNIT = 2;
/** Memory comes in chunks of 1 MiB, and no record crosses from one into another. */
const CHUNK_UNITS_LOG = 17;
const CHUNK_UNITS = 1 << CHUNK_UNITS_LOG;
const CHUNK_SIZE = CHUNK_UNITS * UNIT;
/** As many chunks as 32 bits of references reach: 32 GiB. */
const MAX_CHUNKS = 2 ** (32 - CHUNK_UNITS_LOG);

const CODE_WORD = 1;
const VALUE_WORD = 2;
const TXID_OFFSET = 16;
const INDEX_WORD = 12;
const SCRIPT_OFFSET = 52;

const UNITS_SHIFT = 5;
const UNITS_MASK = 0x7ff;
const LENGTH_SHIFT = 16;
/** Units of the largest record: a script of 10,000 bytes. */
const MAX_UNITS = Math.ceil((SCRIPT_OFFSET + 10_000) / UNIT);

/** Differs from the table below, or may (Core `CCoinsCacheEntry::DIRTY`, coins.h). */
export const DIRTY = 1;
/** The table below has no such coin, so that a spent one need not be told (Core `FRESH`). */
export const FRESH = 2;
/** The coin is gone. Such an entry is always {@link DIRTY} (Core: a `Coin` that `IsSpent`, coins.h). */
export const SPENT = 4;
/** Its reference is in the list of records that are or were dirty. Stays while it is. */
const LISTED = 8;

/** Parts of the hash table, each of which grows by itself: no growth moves more than a sixteenth. */
const SEGMENTS_LOG = 4;
const SEGMENTS = 1 << SEGMENTS_LOG;
/** A slot is two words: the reference (0: free) and the tag, 32 bits of hash. */
const SLOT_WORDS = 2;
const INITIAL_SLOTS = 16;
const INITIAL_LISTED = 64;

/** No record. Our choice: units start at 1. */
export const NONE = 0;

/**
 * Coins by outpoint, in typed arrays: a hash table with open addressing and linear probing, whose
 * slots refer to records of variable size. A coin that pays to a witness key hash takes 80 bytes and
 * its share of the slots, 11 to 21.
 *
 * Rationale: millions of objects would cost twice the memory and keep the garbage collector busy.
 * Freed records are kept by size and used again, since nearly all coins have one of a few sizes.
 * The salt makes the place of an outpoint unpredictable, so that nobody can make coins that collide.
 *
 * References are valid until their record is erased, resized or the table cleared.
 */
export class CoinsTable {
  readonly #salt0: number;
  readonly #salt1: number;
  #segments: Uint32Array[] = [];
  #counts = new Uint32Array(SEGMENTS);
  #words: Uint32Array[] = [];
  #bytes: Uint8Array[] = [];
  /** The first unit that no record has ever had. */
  #next = 1;
  /** The first free record of each number of units. */
  #free = new Uint32Array(MAX_UNITS + 1);
  #listed = new Uint32Array(INITIAL_LISTED);
  #listedCount = 0;
  #size = 0;

  /** @param salt 64 bits */
  constructor(salt: bigint) {
    this.#salt0 = Number(BigInt.asUintN(32, salt));
    this.#salt1 = Number(BigInt.asUintN(32, salt >> 32n));
    this.clear();
  }

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory that it takes. */
  get byteLength(): number {
    let sum = this.#words.length * CHUNK_SIZE + this.#listed.byteLength + this.#free.byteLength;
    for (const segment of this.#segments) sum += segment.byteLength;
    return sum;
  }

  /** Drops everything. One chunk stays, for what comes next. */
  clear(): void {
    for (let i = 0; i < SEGMENTS; i++) {
      // The table that a block is tried in never grows much, and is cleared for each.
      const segment = this.#segments[i];
      if (segment?.length === INITIAL_SLOTS * SLOT_WORDS) segment.fill(NONE);
      else this.#segments[i] = new Uint32Array(INITIAL_SLOTS * SLOT_WORDS);
    }
    this.#counts.fill(0);
    this.#words.length = Math.min(this.#words.length, 1);
    this.#bytes.length = this.#words.length;
    this.#next = 1;
    this.#free.fill(NONE);
    if (this.#listed.length > INITIAL_LISTED) this.#listed = new Uint32Array(INITIAL_LISTED);
    this.#listedCount = 0;
    this.#size = 0;
  }

  /** The record of an outpoint, or {@link NONE}. */
  find(txid: Uint8Array, index: number): number {
    const tag = this.#tag(txid, 0, index);
    const slots = this.#segments[tag >>> (32 - SEGMENTS_LOG)]!;
    const mask = slots.length - 1;
    for (let at = (tag * SLOT_WORDS) & mask; slots[at] !== NONE; at = (at + SLOT_WORDS) & mask) {
      if (slots[at + 1] === tag && this.#isKey(slots[at]!, txid, index)) return slots[at]!;
    }
    return NONE;
  }

  /** A record without flags for an outpoint that has none, of a coin. */
  insert(txid: Uint8Array, index: number, coin: Coin): number {
    const ref = this.#allocate(unitsFor(coin.scriptPubKey.length));
    this.#bytesOf(ref).set(txid, byteAt(ref) + TXID_OFFSET);
    this.#wordsOf(ref)[wordAt(ref) + INDEX_WORD] = index;
    this.#link(ref);
    this.#write(ref, coin);
    return ref;
  }

  /** Adds a copy of another table's record, without flags, for an outpoint that has none here. */
  insertCopy(other: CoinsTable, from: number): number {
    const { length } = other.#scriptSpan(from);
    const ref = this.#allocate(unitsFor(length));
    const start = byteAt(from);
    const source = other.#bytesOf(from);
    // Behind the first word, in which each table has its own flags and units.
    const part = source.subarray(start + 4, start + SCRIPT_OFFSET + length);
    this.#bytesOf(ref).set(part, byteAt(ref) + 4);
    this.#setLength(ref, length);
    this.#link(ref);
    return ref;
  }

  /** Gives a record another coin; it may move. Flags stay, but for {@link SPENT}. */
  replace(ref: number, coin: Coin): number {
    const target = this.#fit(ref, coin.scriptPubKey.length);
    this.#write(target, coin);
    this.clearFlag(target, SPENT);
    return target;
  }

  /** The same with the coin of another table's record, which has the same outpoint. */
  replaceByCopy(ref: number, other: CoinsTable, from: number): number {
    const { start, length } = other.#scriptSpan(from);
    const target = this.#fit(ref, length);
    const [words, source] = [this.#wordsOf(target), other.#wordsOf(from)];
    const [to, at] = [wordAt(target), wordAt(from)];
    for (let i = CODE_WORD; i < VALUE_WORD + 2; i++) words[to + i] = source[at + i]!;
    const script = other.#bytesOf(from).subarray(start, start + length);
    this.#bytesOf(target).set(script, byteAt(target) + SCRIPT_OFFSET);
    this.#setLength(target, length);
    this.clearFlag(target, SPENT);
    return target;
  }

  /** Removes a record. */
  erase(ref: number): void {
    const { slots, at } = this.#slotOf(ref);
    closeGap(slots, at);
    this.#counts[this.#tagOf(ref) >>> (32 - SEGMENTS_LOG)]!--;
    this.#size--;
    this.#release(ref);
  }

  hasFlag(ref: number, flag: number): boolean {
    return (this.#wordsOf(ref)[wordAt(ref)]! & flag) !== 0;
  }

  /** Sets a flag. What becomes dirty enters the list of {@link listed}. */
  setFlag(ref: number, flag: number): void {
    const words = this.#wordsOf(ref);
    const at = wordAt(ref);
    if (flag === DIRTY && (words[at]! & LISTED) === 0) {
      words[at]! |= LISTED;
      this.#list(ref);
    }
    words[at]! |= flag;
  }

  clearFlag(ref: number, flag: number): void {
    this.#wordsOf(ref)[wordAt(ref)]! &= ~flag;
  }

  /** The records that are {@link DIRTY}. Entries must not come or go while this runs. */
  *dirty(): Generator<number, void, undefined> {
    for (let i = 0; i < this.#listedCount; i++) {
      const ref = this.#listed[i]!;
      if (this.hasFlag(ref, DIRTY)) yield ref;
    }
  }

  /**
   * The same nearly in the order of their txids, whose first four bytes count: what is written in
   * order to a store of pages changes each page once, and most pages lie in few batches.
   */
  *sortedDirty(): Generator<number, void, undefined> {
    // As numbers of 64 bits, the reference in the lower half, they are sorted in native code.
    const halves = new Uint32Array(2 * this.#listedCount);
    const [lower, upper] = LITTLE_ENDIAN ? [0, 1] : [1, 0];
    let end = 0;
    for (const ref of this.dirty()) {
      halves[end + lower] = ref;
      halves[end + upper] = readBigEndianU32(this.#bytesOf(ref), byteAt(ref) + TXID_OFFSET);
      end += 2;
    }
    new BigUint64Array(halves.buffer, 0, end / 2).sort();
    for (let at = 0; at < end; at += 2) yield halves[at + lower]!;
  }

  /** Makes every dirty entry clean, and removes those that are spent. */
  settle(): void {
    for (let i = 0; i < this.#listedCount; i++) {
      const ref = this.#listed[i]!;
      const isDirty = this.hasFlag(ref, DIRTY);
      this.clearFlag(ref, LISTED | DIRTY | FRESH);
      if (isDirty && this.hasFlag(ref, SPENT)) this.erase(ref);
    }
    this.#listed = new Uint32Array(64);
    this.#listedCount = 0;
  }

  /** The outpoint of a record; the txid is a copy. */
  outpoint(ref: number): OutPoint {
    const start = byteAt(ref) + TXID_OFFSET;
    const txid = this.#bytesOf(ref).slice(start, start + 32);
    return { txid, index: this.#wordsOf(ref)[wordAt(ref) + INDEX_WORD]! };
  }

  /** The coin of a record that is not spent; the script is a copy. */
  coin(ref: number): Coin {
    const words = this.#wordsOf(ref);
    const at = wordAt(ref);
    const code = words[at + CODE_WORD]!;
    const high = words[at + VALUE_WORD + 1]! | 0;
    const low = words[at + VALUE_WORD]!;
    const { start, length } = this.#scriptSpan(ref);
    return {
      // Amounts of money are exact in doubles; others, if a file has them, are not lost either.
      value: high >= 0 && high < 0x20_0000
        ? BigInt(high * 0x1_0000_0000 + low)
        : (BigInt(high) << 32n) | BigInt(low),
      scriptPubKey: this.#bytesOf(ref).slice(start, start + length),
      height: code >>> 1,
      isCoinbase: (code & 1) !== 0,
    };
  }

  /** All records, in no order. Entries must not come or go while this runs. */
  *records(): Generator<number, void, undefined> {
    for (const slots of this.#segments) {
      for (let at = 0; at < slots.length; at += SLOT_WORDS) if (slots[at] !== NONE) yield slots[at]!;
    }
  }

  #wordsOf(ref: number): Uint32Array {
    return this.#words[ref >>> CHUNK_UNITS_LOG]!;
  }

  #bytesOf(ref: number): Uint8Array {
    return this.#bytes[ref >>> CHUNK_UNITS_LOG]!;
  }

  /** Where a record's script stands among the bytes of its chunk. */
  #scriptSpan(ref: number): { readonly start: number; readonly length: number } {
    const length = this.#wordsOf(ref)[wordAt(ref)]! >>> LENGTH_SHIFT;
    return { start: byteAt(ref) + SCRIPT_OFFSET, length };
  }

  #isKey(ref: number, txid: Uint8Array, index: number): boolean {
    if (this.#wordsOf(ref)[wordAt(ref) + INDEX_WORD] !== index) return false;
    const bytes = this.#bytesOf(ref);
    const start = byteAt(ref) + TXID_OFFSET;
    for (let i = 0; i < 32; i++) if (bytes[start + i] !== txid[i]) return false;
    return true;
  }

  #write(ref: number, coin: Coin): void {
    const { value, scriptPubKey } = coin;
    const words = this.#wordsOf(ref);
    const at = wordAt(ref);
    words[at + CODE_WORD] = coinCode(coin);
    if (value >= 0n && value <= 0x1f_ffff_ffff_ffffn) {
      const number = Number(value);
      words[at + VALUE_WORD] = number;
      words[at + VALUE_WORD + 1] = number / 0x1_0000_0000;
    } else {
      words[at + VALUE_WORD] = Number(BigInt.asUintN(32, value));
      words[at + VALUE_WORD + 1] = Number(BigInt.asUintN(32, value >> 32n));
    }
    this.#bytesOf(ref).set(scriptPubKey, byteAt(ref) + SCRIPT_OFFSET);
    this.#setLength(ref, scriptPubKey.length);
  }

  #setLength(ref: number, length: number): void {
    const words = this.#wordsOf(ref);
    const at = wordAt(ref);
    words[at] = (words[at]! & 0xffff) | (length << LENGTH_SHIFT);
  }

  /** The record itself if a script of that length fits, else a larger one that takes its place. */
  #fit(ref: number, scriptLength: number): number {
    const units = unitsFor(scriptLength);
    const words = this.#wordsOf(ref);
    const at = wordAt(ref);
    const first = words[at]!;
    if (units <= ((first >>> UNITS_SHIFT) & UNITS_MASK)) return ref;
    const target = this.#allocate(units);
    const slot = this.#slotOf(ref);
    slot.slots[slot.at] = target;
    const key = this.#bytesOf(ref).subarray(byteAt(ref) + TXID_OFFSET, byteAt(ref) + SCRIPT_OFFSET);
    this.#bytesOf(target).set(key, byteAt(target) + TXID_OFFSET);
    for (const flag of [DIRTY, FRESH, SPENT]) if ((first & flag) !== 0) this.setFlag(target, flag);
    this.#release(ref);
    return target;
  }

  /** A record of so many units, with nothing in it that counts. */
  #allocate(units: number): number {
    const free = this.#free[units]!;
    if (free !== NONE) {
      this.#free[units] = this.#wordsOf(free)[wordAt(free) + CODE_WORD]!;
      return free;
    }
    let ref = this.#next;
    if (ref % CHUNK_UNITS + units > CHUNK_UNITS) {
      ref = Math.ceil(ref / CHUNK_UNITS) * CHUNK_UNITS;
    }
    this.#next = ref + units;
    if (ref >>> CHUNK_UNITS_LOG === this.#words.length) this.#addChunk();
    this.#wordsOf(ref)[wordAt(ref)] = units << UNITS_SHIFT;
    return ref;
  }

  #addChunk(): void {
    if (this.#words.length === MAX_CHUNKS) throw new RangeError('32 GiB of coins are too many');
    const chunk = new ArrayBuffer(CHUNK_SIZE);
    this.#words.push(new Uint32Array(chunk));
    this.#bytes.push(new Uint8Array(chunk));
  }

  /** Keeps a record that is no longer used for another coin. */
  #release(ref: number): void {
    const words = this.#wordsOf(ref);
    const at = wordAt(ref);
    const units = (words[at]! >>> UNITS_SHIFT) & UNITS_MASK;
    // Its reference stays in the list, so it keeps that flag, or it would be listed twice.
    words[at] = (words[at]! & LISTED) | (units << UNITS_SHIFT);
    words[at + CODE_WORD] = this.#free[units]!;
    this.#free[units] = ref;
  }

  #list(ref: number): void {
    if (this.#listedCount === this.#listed.length) {
      const larger = new Uint32Array(2 * this.#listed.length);
      larger.set(this.#listed);
      this.#listed = larger;
    }
    this.#listed[this.#listedCount++] = ref;
  }

  /** Puts a record that has its outpoint into the hash table. */
  #link(ref: number): void {
    const tag = this.#tagOf(ref);
    const segment = tag >>> (32 - SEGMENTS_LOG);
    const count = ++this.#counts[segment]!;
    this.#size++;
    let slots = this.#segments[segment]!;
    if (4 * count > 3 * (slots.length / SLOT_WORDS)) {
      slots = grown(slots);
      this.#segments[segment] = slots;
    }
    place(slots, ref, tag);
  }

  #slotOf(ref: number): { readonly slots: Uint32Array; readonly at: number } {
    const tag = this.#tagOf(ref);
    const slots = this.#segments[tag >>> (32 - SEGMENTS_LOG)]!;
    const mask = slots.length - 1;
    let at = (tag * SLOT_WORDS) & mask;
    while (slots[at] !== ref) {
      if (slots[at] === NONE) throw new Error('a record that is not in the table');
      at = (at + SLOT_WORDS) & mask;
    }
    return { slots, at };
  }

  #tagOf(ref: number): number {
    const index = this.#wordsOf(ref)[wordAt(ref) + INDEX_WORD]!;
    return this.#tag(this.#bytesOf(ref), byteAt(ref) + TXID_OFFSET, index);
  }

  /** 32 bits of hash, of 64 bits of the txid and the index. */
  #tag(bytes: Uint8Array, offset: number, index: number): number {
    let tag = readU32(bytes, offset) ^ this.#salt0;
    tag = Math.imul(tag ^ (tag >>> 16), 0x85eb_ca6b);
    tag ^= readU32(bytes, offset + 4) ^ this.#salt1;
    tag = Math.imul(tag ^ (tag >>> 15), 0xc2b2_ae35);
    tag ^= Math.imul(index, 0x9e37_79b1);
    tag = Math.imul(tag ^ (tag >>> 15), 0x85eb_ca6b);
    return (tag ^ (tag >>> 16)) >>> 0;
  }
}

/** Where a record starts in its chunk, in words. */
function wordAt(ref: number): number {
  return (ref & (CHUNK_UNITS - 1)) * WORDS_PER_UNIT;
}

/** Where a record starts in its chunk, in bytes. */
function byteAt(ref: number): number {
  return (ref & (CHUNK_UNITS - 1)) * UNIT;
}

/** Units of a record whose script has that length. */
function unitsFor(scriptLength: number): number {
  const units = (SCRIPT_OFFSET + scriptLength + UNIT - 1) >>> 3;
  if (units > MAX_UNITS) throw new RangeError(`a script of ${scriptLength} bytes is no coin's`);
  return units;
}

function place(slots: Uint32Array, ref: number, tag: number): void {
  const mask = slots.length - 1;
  let at = (tag * SLOT_WORDS) & mask;
  while (slots[at] !== NONE) at = (at + SLOT_WORDS) & mask;
  slots[at] = ref;
  slots[at + 1] = tag;
}

function grown(slots: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * slots.length);
  for (let at = 0; at < slots.length; at += SLOT_WORDS) {
    if (slots[at] !== NONE) place(larger, slots[at]!, slots[at + 1]!);
  }
  return larger;
}

/**
 * Frees a slot. Whatever a probe would no longer reach past it moves down, so that no marks of the
 * dead are needed.
 */
function closeGap(slots: Uint32Array, gap: number): void {
  const mask = slots.length - 1;
  let hole = gap;
  for (let at = (hole + SLOT_WORDS) & mask; slots[at] !== NONE; at = (at + SLOT_WORDS) & mask) {
    const home = (slots[at + 1]! * SLOT_WORDS) & mask;
    // An entry may move unless its home lies behind the hole, in the circle of slots.
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots[hole] = slots[at]!;
    slots[hole + 1] = slots[at + 1]!;
    hole = at;
  }
  slots[hole] = NONE;
}

function readU32(bytes: Uint8Array, offset: number): number {
  return (
    bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)
  );
}

function readBigEndianU32(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!
  );
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
