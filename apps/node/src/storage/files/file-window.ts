import { readSync } from 'node:fs';
import { KEY_SIZE, obfuscate } from '../obfuscation.ts';
import { unfilled, wordAt, type RecordFormat } from './record.ts';

/** Bytes read at a time. */
const LARGE_READ = 1_048_576;

/** Bytes read where a large record was passed over: little more than the head of the next. */
const SMALL_READ = 4_096;

/** Passing over as many bytes makes a read a small one. */
const FAR = 65_536;

/** Fills `target` from `position` of a file, as far as the file goes. Returns the bytes read. */
export function readFully(fd: number, target: Uint8Array, position: number): number {
  let length = 0;
  while (length < target.length) {
    const count = readSync(fd, target, length, target.length - length, position + length);
    if (count === 0) break;
    length += count;
  }
  return length;
}

/** What an open file holds, for looking through it from front to back. */
export class FileWindow {
  /** Bytes of the file. */
  readonly size: number;
  readonly #fd: number;
  readonly #key: Uint8Array;
  /** Four bytes of the key from each of its bytes on, as numbers. */
  readonly #keyWords: Int32Array;
  readonly #magic: Uint8Array;
  readonly #magicWord: number;
  /** What was read last, as it stands in the file; a `Buffer`, for its search. */
  readonly #raw: Buffer;
  /** The same, no longer hidden, once it was searched. */
  #clear: Buffer | undefined;
  #isClear = false;
  /** Which part of the file it is. */
  #start = 0;
  #end = 0;

  constructor(fd: number, size: number, { key, magic }: RecordFormat) {
    this.size = size;
    this.#fd = fd;
    this.#key = key;
    this.#keyWords = Int32Array.from(key, (_, i) => wordAt(Uint8Array.of(...key, ...key), i));
    this.#magic = magic;
    this.#magicWord = wordAt(magic, 0);
    this.#raw = Buffer.allocUnsafeSlow(Math.min(size, LARGE_READ));
  }

  /** Bytes of the file, not hidden, in a fresh array. */
  bytes(position: number, length: number): Uint8Array {
    const bytes = unfilled(length);
    if (length <= SMALL_READ) this.#cover(position, length);
    if (position >= this.#start && position + length <= this.#end) {
      const from = position - this.#start;
      bytes.set(this.#raw.subarray(from, from + length));
    } else {
      this.#readFully(bytes, position);
    }
    obfuscate(bytes, this.#key, position);
    return bytes;
  }

  /** A number of 4 bytes, little-endian. */
  u32(position: number): number {
    return this.#word(position) >>> 0;
  }

  /** Whether magic stands at a position. */
  isMagic(position: number): boolean {
    if (position + 4 > this.size) return false;
    return this.#word(position) === this.#magicWord;
  }

  /** Where magic stands next, from a position on; -1 if nowhere. */
  findMagic(from: number): number {
    if (this.isMagic(from)) return from;
    for (let at = from; at + 4 <= this.size; at = this.#end - 3) {
      this.#cover(at, 4);
      const found = this.#clearBytes().indexOf(this.#magic, at - this.#start);
      if (found >= 0) return this.#start + found;
      if (this.#end === this.size) break;
    }
    return -1;
  }

  /** Whether there are but zeros, hidden by no key, from a position to the end. */
  isZeroFrom(position: number): boolean {
    for (let at = position; at < this.size; at = this.#end) {
      this.#cover(at, 1);
      for (let i = at - this.#start; i < this.#end - this.#start; i++) {
        if (this.#raw[i] !== 0) return false;
      }
    }
    return true;
  }

  #word(position: number): number {
    this.#cover(position, 4);
    return wordAt(this.#raw, position - this.#start) ^ this.#keyWords[position % KEY_SIZE]!;
  }

  #clearBytes(): Buffer {
    const length = this.#end - this.#start;
    if (!this.#isClear) {
      this.#clear ??= Buffer.allocUnsafeSlow(this.#raw.length);
      this.#raw.copy(this.#clear, 0, 0, length);
      obfuscate(this.#clear.subarray(0, length), this.#key, this.#start);
      this.#isClear = true;
    }
    return this.#clear!.subarray(0, length);
  }

  /** Reads, if need be, so that some bytes are at hand. */
  #cover(position: number, length: number): void {
    if (position >= this.#start && position + length <= this.#end) return;
    const far = position > this.#end + FAR;
    const wanted = Math.min(Math.max(length, far ? SMALL_READ : LARGE_READ), this.size - position);
    this.#isClear = false;
    this.#start = this.#end = position;
    this.#readFully(this.#raw.subarray(0, wanted), position);
    this.#end = position + wanted;
  }

  #readFully(target: Uint8Array, position: number): void {
    if (readFully(this.#fd, target, position) < target.length) {
      throw new Error('the file became shorter while it was read');
    }
  }
}
