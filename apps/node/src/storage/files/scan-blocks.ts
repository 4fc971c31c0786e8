import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockPosition } from '@btcp2p/chainstate';
import { BLOCK_HEADER_SIZE } from '@btcp2p/wire';
import { fileName, reindexFileNumbers } from './file-names.ts';
import { FileWindow } from './file-window.ts';
import { MAX_BLOCK_SERIALIZED_SIZE, STORAGE_HEADER_BYTES } from './record.ts';

/** What may be a block, in a file that is being scanned. */
export class ScannedBlock implements BlockPosition {
  /** The file's number. */
  readonly file: number;
  readonly position: number;
  /** Bytes of the block. */
  readonly size: number;
  readonly #scan: Scan;

  constructor(scan: Scan, position: number, size: number) {
    this.file = scan.file;
    this.position = position;
    this.size = size;
    this.#scan = scan;
  }

  /** Its first 80 bytes, in a fresh array. To be called while the scan lasts. */
  header(): Uint8Array {
    return this.#scan.open.bytes(this.position, BLOCK_HEADER_SIZE);
  }

  /** All of it, in a fresh array. To be called while the scan lasts. */
  bytes(): Uint8Array {
    return this.#scan.open.bytes(this.position, this.size);
  }

  /**
   * Says that this is no block. The scan then goes on one byte behind its magic instead of behind its
   * end, so that nothing is lost to a length that is wrong.
   */
  reject(): void {
    this.#scan.rejected = this.position;
  }
}

/** A file being scanned. */
class Scan {
  readonly file: number;
  /** Position of the block that was rejected last. */
  rejected = 0;
  #window: FileWindow | undefined;

  constructor(file: number, window: FileWindow) {
    this.file = file;
    this.#window = window;
  }

  get open(): FileWindow {
    if (this.#window === undefined) throw new Error('the scan has ended');
    return this.#window;
  }

  close(): void {
    this.#window = undefined;
  }
}

/**
 * Everything in a file that may be a block, in order: what stands behind the network's magic and a
 * length of 80 to 4,000,000 bytes that the file has. What stands between is passed over (Core
 * `LoadExternalBlockFile`, validation.cpp). Blocks are only read when they are asked for; memory is
 * bounded. Of a directory, the block files from 0 up to the first that is missing, one after another.
 *
 * @param key that of the directory of block files, or zeros
 * @param file what the blocks say is the number of the file; of a directory they say the true ones
 * @param from where in a file to begin
 */
export function* scanBlocks(
  path: string,
  key: Uint8Array,
  magic: Uint8Array,
  file = 0,
  from = 0,
): Generator<ScannedBlock, void, undefined> {
  if (statSync(path).isDirectory()) {
    for (const number of reindexFileNumbers(path)) {
      yield* scanBlocks(join(path, fileName('blk', number)), key, magic, number);
    }
    return;
  }
  const fd = openSync(path, 'r');
  const window = new FileWindow(fd, fstatSync(fd).size, { key, magic });
  const scan = new Scan(file, window);
  try {
    const last = window.size - STORAGE_HEADER_BYTES - BLOCK_HEADER_SIZE;
    for (let at = window.findMagic(from); at >= 0 && at <= last; at = window.findMagic(at)) {
      const size = window.u32(at + 4);
      const position = at + STORAGE_HEADER_BYTES;
      at++;
      if (size < BLOCK_HEADER_SIZE || size > MAX_BLOCK_SERIALIZED_SIZE) continue;
      if (position + size > window.size) continue;
      yield new ScannedBlock(scan, position, size);
      if (scan.rejected !== position) at = position + size;
    }
  } finally {
    scan.close();
    closeSync(fd);
  }
}
