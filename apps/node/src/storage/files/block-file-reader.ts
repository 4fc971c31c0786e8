import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockPosition } from '@btcp2p/chainstate';
import { BLOCK_HEADER_SIZE } from '@btcp2p/wire';
import { NodeError } from '../../node-error.ts';
import { obfuscate } from '../obfuscation.ts';
import { ReadHandles } from '../read-handles.ts';
import { fileName, type FileKind } from './file-names.ts';
import {
  recordLength, recordPlace, STORAGE_HEADER_BYTES, UNDO_CHECKSUM_BYTES, unfilled, type RecordFormat,
  type StoredUndo,
} from './record.ts';

/** A file that is open, and which one it is. */
interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
  close(): Promise<void>;
}

/**
 * Reads blocks and undo data that another thread writes, without blocking: it may read whatever that
 * thread said is written. Files are kept open, but one that was moved away or replaced meanwhile is
 * not read any more. Errors of the system are thrown as they are.
 */
export class BlockFileReader {
  readonly #directory: string;
  readonly #format: RecordFormat;
  readonly #handles: Readonly<Record<FileKind, ReadHandles<OpenFile>>>;

  constructor({ directory, magic, key }: RecordFormat & { readonly directory: string }) {
    this.#directory = directory;
    this.#format = { magic, key };
    this.#handles = {
      blk: new ReadHandles((file) => openFile(this.#path('blk', file))),
      rev: new ReadHandles((file) => openFile(this.#path('rev', file))),
    };
  }

  /**
   * A block in a fresh array. Whether it is the right one is for the caller to see.
   *
   * @throws NodeError `corrupt` if what is there cannot be a block: no magic, no length, too short
   */
  readBlock(at: BlockPosition): Promise<Uint8Array> {
    return this.#read('blk', at, BLOCK_HEADER_SIZE, 0);
  }

  /** Undo data and their checksum, which the caller compares. Throws as `readBlock` does. */
  async readUndo(at: BlockPosition): Promise<StoredUndo> {
    const bytes = await this.#read('rev', at, 1, UNDO_CHECKSUM_BYTES);
    const length = bytes.length - UNDO_CHECKSUM_BYTES;
    return { undo: bytes.subarray(0, length), checksum: bytes.subarray(length) };
  }

  /**
   * Closes the files that nobody reads at the moment: at the end, and when files were pruned, whose
   * space is only free then. Reading goes on to work.
   */
  async close(): Promise<void> {
    await Promise.all([this.#handles.blk.close(), this.#handles.rev.close()]);
  }

  async #read(
    kind: FileKind,
    at: BlockPosition,
    least: number,
    trailer: number,
  ): Promise<Uint8Array> {
    const path = this.#path(kind, at.file);
    if (at.position < STORAGE_HEADER_BYTES) {
      throw new NodeError('corrupt', `There is no record in ${recordPlace(path, at.position)}.`);
    }
    const handles = this.#handles[kind];
    const bytes = await handles.use(at.file, async (file) => {
      // At once, so that the look at the name takes no time of its own.
      const [isCurrent, record] = await Promise.allSettled([
        isFileOf(path, file),
        this.#readRecord(file, path, at.position, least, trailer),
      ]);
      if (isCurrent.status === 'rejected' || !isCurrent.value) return undefined;
      if (record.status === 'rejected') throw record.reason;
      return record.value;
    });
    if (bytes !== undefined) return bytes;
    await handles.forget(at.file);
    return handles.use(at.file, (file) => this.#readRecord(file, path, at.position, least, trailer));
  }

  async #readRecord(
    file: OpenFile,
    path: string,
    position: number,
    least: number,
    trailer: number,
  ): Promise<Uint8Array> {
    const where = recordPlace(path, position);
    const start = position - STORAGE_HEADER_BYTES;
    const head = await this.#readAt(file, STORAGE_HEADER_BYTES, start, where);
    const length = recordLength(head, this.#format.magic, least, where);
    return this.#readAt(file, length + trailer, position, where);
  }

  async #readAt(
    file: OpenFile,
    length: number,
    position: number,
    where: string,
  ): Promise<Uint8Array> {
    const bytes = unfilled(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) {
        throw new NodeError('corrupt', `The file ends in the record in ${where}.`);
      }
      done += bytesRead;
    }
    obfuscate(bytes, this.#format.key, position);
    return bytes;
  }

  #path(kind: FileKind, file: number): string {
    return join(this.#directory, fileName(kind, file));
  }
}

async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    const { ino } = await handle.stat({ bigint: true });
    return { handle, inode: ino, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether a file is still what is to be found under its name. */
async function isFileOf(path: string, file: OpenFile): Promise<boolean> {
  return (await stat(path, { bigint: true })).ino === file.inode;
}
