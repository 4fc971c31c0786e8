import { dirname } from 'node:path';
import type { FileSystem, StorageFile } from '../../src/storage/file-system.ts';

/** An error as `node:fs` makes them. */
export function systemError(code: string, text: string): Error {
  return Object.assign(new Error(`${code}: ${text}, write`), { code });
}

/** What an {@link MemoryFileSystem} is asked to get wrong. */
export interface Faults {
  /** Bytes that the disk holds; what goes beyond is written as far as it fits, then fails. */
  capacity?: number;
  /** How many bytes of this many a single write takes. Default: all. */
  shortWrite?: (length: number) => number;
  /** The same for reads. */
  shortRead?: (length: number) => number;
  /** Fails the operation with this error. */
  fail?: (operation: 'open' | 'write' | 'sync' | 'truncate', path: string) => Error | undefined;
  /** Called for each write with its bytes. */
  onWrite?: (path: string, length: number) => void;
}

/** Files in memory, for tests that need thousands of them, or faults. */
export class MemoryFileSystem implements FileSystem {
  readonly files: Map<string, Uint8Array>;
  readonly faults: Faults;
  /** Writes under way now, and at most so far. */
  writing = 0;
  mostWriting = 0;

  constructor(faults: Faults = {}, files: Iterable<readonly [string, Uint8Array]> = []) {
    this.faults = faults;
    this.files = new Map([...files].map(([path, bytes]) => [path, bytes.slice()]));
  }

  get used(): number {
    let used = 0;
    for (const bytes of this.files.values()) used += bytes.length;
    return used;
  }

  async open(path: string, mode: 'read' | 'write'): Promise<StorageFile> {
    this.#fail('open', path);
    if (!this.files.has(path)) {
      if (mode === 'read') throw systemError('ENOENT', 'no such file or directory');
      this.files.set(path, new Uint8Array(0));
    }
    const content = (): Uint8Array => this.files.get(path)!;
    return {
      read: async (target, position) => {
        const bytes = content().subarray(position, position + target.length);
        const length = Math.min(bytes.length, this.faults.shortRead?.(bytes.length) ?? bytes.length);
        target.set(bytes.subarray(0, length));
        return length;
      },
      write: (bytes, position) => this.#write(path, bytes, position),
      truncate: async (size) => {
        this.#fail('truncate', path);
        this.#resize(path, size);
      },
      sync: async () => this.#fail('sync', path),
      close: async () => {},
    };
  }

  async size(path: string): Promise<number | undefined> {
    return this.files.get(path)?.length;
  }

  async list(directory: string): Promise<string[]> {
    return [...this.files.keys()]
      .filter((path) => dirname(path) === directory)
      .map((path) => path.slice(directory.length + 1));
  }

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.files.get(path)?.slice();
  }

  async writeFile(path: string, bytes: Uint8Array): Promise<void> {
    this.#fail('write', path);
    this.files.set(path, bytes.slice());
  }

  async makeDirectory(): Promise<void> {}
  async syncDirectory(): Promise<void> {}

  async #write(path: string, bytes: Uint8Array, position: number): Promise<number> {
    this.writing++;
    this.mostWriting = Math.max(this.mostWriting, this.writing);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      this.#fail('write', path);
      this.faults.onWrite?.(path, bytes.length);
      let length = Math.min(bytes.length, this.faults.shortWrite?.(bytes.length) ?? bytes.length);
      const size = this.files.get(path)!.length;
      const room = (this.faults.capacity ?? Infinity) - this.used + size - position;
      if (room <= 0) throw systemError('ENOSPC', 'no space left on device');
      length = Math.min(length, room);
      if (position + length > size) this.#resize(path, position + length);
      this.files.get(path)!.set(bytes.subarray(0, length), position);
      return length;
    } finally {
      this.writing--;
    }
  }

  /** In place where the buffer is large enough, so that growing step by step stays cheap. */
  #resize(path: string, size: number): void {
    const bytes = this.files.get(path)!;
    if (size < bytes.length) bytes.fill(0, size);
    const { buffer } = bytes;
    const roomy = bytes.byteOffset + size <= buffer.byteLength;
    const target = roomy ? buffer : new ArrayBuffer(2 * size);
    const resized = new Uint8Array(target, roomy ? bytes.byteOffset : 0, size);
    if (!roomy) resized.set(bytes);
    this.files.set(path, resized);
  }

  #fail(operation: 'open' | 'write' | 'sync' | 'truncate', path: string): void {
    const error = this.faults.fail?.(operation, path);
    if (error !== undefined) throw error;
  }
}
