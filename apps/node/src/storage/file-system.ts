import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** An open file, with reads and writes at given positions. Errors are those of `node:fs`. */
export interface StorageFile {
  /** @returns bytes read; 0 at the end of the file */
  read(target: Uint8Array, position: number): Promise<number>;
  /** @returns bytes written, which may be fewer than given */
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of a file system that storage uses. Tests put in one whose disk is full. */
export interface FileSystem {
  /** Opens for reading, or (`write`) for both, making the file if it is not there. */
  open(path: string, mode: 'read' | 'write'): Promise<StorageFile>;
  /** Size in bytes, or undefined if there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** Names of the entries of a directory. */
  list(directory: string): Promise<string[]>;
  /** The whole of a small file, or undefined if there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Makes a small file, all of it or nothing, and lasting. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  /** Makes the names of files in the directory last. */
  syncDirectory(path: string): Promise<void>;
}

/** The file system of Node.js. */
export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    const handle = await open(path, mode === 'read' ? 'r' : constants.O_RDWR | constants.O_CREAT);
    return {
      read: async (target, position) => (await handle.read(target, 0, target.length, position)).bytesRead,
      write: async (bytes, position) =>
        (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
      truncate: (size) => handle.truncate(size),
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  },
  async size(path) {
    return (await orUndefined(stat(path)))?.size;
  },
  list: (directory) => readdir(directory),
  readFile: (path) => orUndefined(readFile(path)),
  async writeFile(path, bytes) {
    // Hidden, because other programs judge a directory by the files that are not.
    const temporary = join(dirname(path), '.unfinished');
    await writeFile(temporary, bytes, { flush: true });
    await rename(temporary, path);
    await this.syncDirectory(dirname(path));
  },
  async makeDirectory(path) {
    await mkdir(path, { recursive: true });
  },
  async syncDirectory(path) {
    // Windows has no such thing: names last there.
    if (process.platform === 'win32') return;
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Fills `target` from `position` on, as far as the file goes. Returns the bytes read. */
export async function readFully(file: StorageFile, target: Uint8Array, position: number): Promise<number> {
  let length = 0;
  while (length < target.length) {
    const read = await file.read(target.subarray(length), position + length);
    if (read === 0) break;
    length += read;
  }
  return length;
}
