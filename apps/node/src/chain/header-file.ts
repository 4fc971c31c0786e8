import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { BLOCK_HEADER_SIZE } from '@btcp2p/wire';

/** Headers read at a time: 1.3 MB. */
const HEADERS_PER_READ = 16_384;

/** What became of the stored headers. */
export interface LoadedHeaders {
  readonly file: HeaderFile;
  /** Headers that were accepted. */
  readonly accepted: number;
  /** Bytes after the last of them that were cut off; 0 if all was well. */
  readonly cut: number;
}

/**
 * The headers of the tree in one file, `headers.dat`: 80 bytes after 80 bytes, in the order in which
 * they were accepted. The genesis header is not among them.
 *
 * There are no checksums, because headers check themselves: each names the hash of its parent and
 * carries its proof of work, and at start each is put to the test again. Whatever fails, and all after
 * it, is cut off; peers have it again.
 *
 * All is synchronous. What was appended outlives the process, and after `sync` the machine.
 */
export class HeaderFile {
  readonly #fd: number;
  #end: number;
  #isDirty = false;

  private constructor(fd: number, end: number) {
    this.#fd = fd;
    this.#end = end;
  }

  /**
   * Opens the file, or makes it.
   *
   * @param accept checks a header against those before it; its 80 bytes are lent for the call. If it
   *   says no, that header and all after it are dropped
   */
  static open(path: string, accept: (header: Uint8Array) => boolean): LoadedHeaders {
    const fd = openSync(path, existsSync(path) ? 'r+' : 'w+');
    try {
      const { size } = fstatSync(fd);
      const accepted = acceptAll(fd, size, accept);
      const end = accepted * BLOCK_HEADER_SIZE;
      if (end < size) ftruncateSync(fd, end);
      return { file: new HeaderFile(fd, end), accepted, cut: size - end };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Appends whole headers. If that fails, none of them is there. */
  append(headers: Uint8Array): void {
    let written = 0;
    try {
      while (written < headers.length) {
        written += writeSync(this.#fd, headers, written, headers.length - written, this.#end + written);
      }
    } catch (error) {
      if (written > 0) ftruncateSync(this.#fd, this.#end);
      throw error;
    }
    this.#end += headers.length;
    this.#isDirty = true;
  }

  sync(): void {
    if (this.#isDirty) fsyncSync(this.#fd);
    this.#isDirty = false;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function acceptAll(fd: number, size: number, accept: (header: Uint8Array) => boolean): number {
  const buffer = new Uint8Array(HEADERS_PER_READ * BLOCK_HEADER_SIZE);
  let accepted = 0;
  for (let position = 0; position < size; ) {
    const read = readSync(fd, buffer, 0, buffer.length, position);
    const whole = Math.floor(read / BLOCK_HEADER_SIZE);
    if (whole === 0) break;
    for (let i = 0; i < whole; i++, accepted++) {
      const at = i * BLOCK_HEADER_SIZE;
      if (!accept(buffer.subarray(at, at + BLOCK_HEADER_SIZE))) return accepted;
    }
    position += whole * BLOCK_HEADER_SIZE;
  }
  return accepted;
}
