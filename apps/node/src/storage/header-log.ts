import { join } from 'node:path';
import { BLOCK_HEADER_SIZE } from '@btcp2p/wire';
import { fileError, type NodeError } from '../node-error.ts';
import { AppendFile } from './append-file.ts';
import { readFully, type FileSystem, type StorageFile } from './file-system.ts';
import type { HeaderLoad, HeaderStore, StorageNotice } from './ports.ts';

/** Name of the file, beside the block files. */
const FILE_NAME = 'headers.dat';

/** Headers read at a time: 1.3 MB. */
const HEADERS_PER_READ = 16_384;

/** How a {@link HeaderLog} is opened. */
export interface HeaderLogOptions {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly notice: (notice: StorageNotice) => void;
  /** Called once, at the failure that ends all writing. */
  readonly failed: (error: NodeError) => void;
}

/**
 * The headers of the tree in one file, `headers.dat`: 80 bytes after 80 bytes, in the order in which
 * they were accepted. The genesis header is not among them.
 *
 * There are no checksums, because headers check themselves: each names the hash of its parent and
 * carries its proof of work, and at start each is put to the test again. Whatever fails, and all
 * after it, is cut off; peers have it again.
 */
export class HeaderLog implements HeaderStore {
  readonly #options: HeaderLogOptions;
  readonly #path: string;
  #file: AppendFile | undefined;

  constructor(options: HeaderLogOptions) {
    this.#options = options;
    this.#path = join(options.directory, FILE_NAME);
  }

  get size(): number {
    return (this.#file?.end ?? 0) / BLOCK_HEADER_SIZE;
  }

  async load(accept: (header: Uint8Array) => boolean): Promise<HeaderLoad> {
    if (this.#file !== undefined) throw new Error('headers are loaded once, before any is appended');
    const { fileSystem, notice, failed } = this.#options;
    try {
      const size = (await fileSystem.size(this.#path)) ?? 0;
      let accepted = 0;
      if (size > 0) {
        const file = await fileSystem.open(this.#path, 'write');
        try {
          accepted = await acceptAll(file, accept);
          if (accepted * BLOCK_HEADER_SIZE < size) await file.truncate(accepted * BLOCK_HEADER_SIZE);
        } finally {
          await file.close();
        }
      }
      const position = accepted * BLOCK_HEADER_SIZE;
      this.#file = new AppendFile({ fileSystem, path: this.#path, position, failed });
      const cut = size - position;
      if (cut > 0) {
        const detail = `${this.#path}: ${cut} bytes after ${accepted} good headers were cut off`;
        notice({ code: 'headers-cut', detail });
      }
      return { accepted, cut };
    } catch (error) {
      throw fileError(error, this.#path);
    }
  }

  append(headers: Uint8Array): Promise<void> {
    if (headers.length % BLOCK_HEADER_SIZE !== 0) throw new RangeError('headers have 80 bytes each');
    return this.#opened().append(headers.length, (target) => target.set(headers));
  }

  async sync(): Promise<void> {
    await this.#file?.sync();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  #opened(): AppendFile {
    if (this.#file === undefined) throw new Error('load the headers first');
    return this.#file;
  }
}

/** Hands over header after header until one is refused. Returns how many were accepted. */
async function acceptAll(file: StorageFile, accept: (header: Uint8Array) => boolean): Promise<number> {
  const chunk = new Uint8Array(HEADERS_PER_READ * BLOCK_HEADER_SIZE);
  for (let accepted = 0; ; ) {
    const length = await readFully(file, chunk, accepted * BLOCK_HEADER_SIZE);
    for (let at = 0; at + BLOCK_HEADER_SIZE <= length; at += BLOCK_HEADER_SIZE) {
      if (!accept(chunk.subarray(at, at + BLOCK_HEADER_SIZE))) return accepted;
      accepted++;
    }
    if (length < chunk.length) return accepted;
  }
}
