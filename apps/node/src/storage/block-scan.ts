import { BLOCK_HEADER_SIZE, MAX_BLOCK_WEIGHT, type Sha256d } from '@btcp2p/wire';
import { readFully, type StorageFile } from './file-system.ts';
import { obfuscate } from './obfuscation.ts';

/** Magic and size in front of each block (Core `STORAGE_HEADER_BYTES`, node/blockstorage.h). */
export const STORAGE_HEADER_BYTES = 8;

/** Core `MAX_BLOCK_SERIALIZED_SIZE` (consensus/consensus.h): no block has more bytes. */
export const MAX_BLOCK_SERIALIZED_SIZE = MAX_BLOCK_WEIGHT;

/** What is read of a record: magic, size, header. */
const RECORD_HEAD = STORAGE_HEADER_BYTES + BLOCK_HEADER_SIZE;

/** Bytes read at a time among small blocks, and among large ones, of which only the heads matter. */
const LARGE_READ = 1_048_576;
const SMALL_READ = 4_096;

/** What a scan needs to know. */
export interface ScanOptions {
  readonly file: StorageFile;
  /** Bytes of the file. */
  readonly size: number;
  readonly key: Uint8Array;
  readonly magic: Uint8Array;
  readonly sha256d: Sha256d;
  /** Whether a header may be one: its proof of work, say. The 80 bytes are lent for the call. */
  readonly checkHeader: (header: Uint8Array, hash: Uint8Array) => boolean;
  /** Called for each block: its hash (kept by whoever wants it), its offset, its size. */
  readonly visit: (hash: Uint8Array, offset: number, size: number) => void;
}

/** Where the good records end, and what is there. */
export interface ScanResult {
  readonly end: number;
  /**
   * - `complete`: the end of the file;
   * - `torn`: the beginning of a record whose rest is missing;
   * - `preallocated`: zeros to the end, as bitcoind reserves space;
   * - `garbage`: something else.
   */
  readonly tail: 'complete' | 'torn' | 'preallocated' | 'garbage';
}

/** Finds the blocks of one block file by the heads of their records, in order. */
export async function scanBlockFile(options: ScanOptions): Promise<ScanResult> {
  const { file, size, magic, sha256d, visit } = options;
  const window = new Window(file, size, options.key);
  let at = 0;
  while (at < size) {
    const head = await window.bytes(at, Math.min(RECORD_HEAD, size - at));
    const matches = magic.every((byte, i) => i >= head.length || head[i] === byte);
    if (!matches) return { end: at, tail: (await window.isZeroFrom(at)) ? 'preallocated' : 'garbage' };
    if (head.length < RECORD_HEAD) return { end: at, tail: 'torn' };

    const length = head[4]! | (head[5]! << 8) | (head[6]! << 16) | (head[7]! << 24);
    const sizeFits = length >= BLOCK_HEADER_SIZE && length <= MAX_BLOCK_SERIALIZED_SIZE;
    const header = head.subarray(STORAGE_HEADER_BYTES);
    const hash = sha256d(header);
    if (!sizeFits || !options.checkHeader(header, hash)) return { end: at, tail: 'garbage' };
    const next = at + STORAGE_HEADER_BYTES + length;
    if (next > size) return { end: at, tail: 'torn' };
    visit(hash, at + STORAGE_HEADER_BYTES, length);
    at = next;
  }
  return { end: at, tail: 'complete' };
}

/** Bytes of a file that is read from front to back, unhidden. */
class Window {
  readonly #file: StorageFile;
  readonly #size: number;
  readonly #key: Uint8Array;
  #start = 0;
  #content: Uint8Array = new Uint8Array(0);

  constructor(file: StorageFile, size: number, key: Uint8Array) {
    this.#file = file;
    this.#size = size;
    this.#key = key;
  }

  /** `length` bytes at a position, valid until the next call. They are inside the file. */
  async bytes(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.#start + this.#content.length || position < this.#start) {
      // Blocks so large that the next head was not in what was read: read little more than heads.
      const far = position > this.#start + this.#content.length;
      await this.#read(position, far ? SMALL_READ : LARGE_READ);
    }
    return this.#content.subarray(position - this.#start, position - this.#start + length);
  }

  /** Whether the file holds nothing but zeros, hidden by no key, from a position on. */
  async isZeroFrom(position: number): Promise<boolean> {
    const chunk = new Uint8Array(LARGE_READ);
    for (let at = position; at < this.#size; ) {
      const length = await readFully(this.#file, chunk, at);
      if (length === 0) return false;
      if (chunk.subarray(0, length).some((byte) => byte !== 0)) return false;
      at += length;
    }
    return true;
  }

  async #read(position: number, wanted: number): Promise<void> {
    const target = new Uint8Array(Math.min(wanted, this.#size - position));
    const length = await readFully(this.#file, target, position);
    if (length < target.length) throw new Error('the file became shorter while it was read');
    obfuscate(target, this.#key, position);
    this.#start = position;
    this.#content = target;
  }
}
