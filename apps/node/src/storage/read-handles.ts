import type { StorageFile } from './file-system.ts';

/** Files kept open for reading, so that a peer that asks for block after block is served quickly. */
export class ReadHandles {
  /** Open files at most; the one used longest ago is closed first. */
  static readonly #LIMIT = 8;
  readonly #open: (file: number) => Promise<StorageFile>;
  /** In order of last use. */
  readonly #handles = new Map<number, { readonly handle: Promise<StorageFile>; users: number }>();

  constructor(open: (file: number) => Promise<StorageFile>) {
    this.#open = open;
  }

  async use<T>(file: number, job: (handle: StorageFile) => Promise<T>): Promise<T> {
    const entry = this.#handles.get(file) ?? { handle: this.#open(file), users: 0 };
    this.#handles.delete(file);
    this.#handles.set(file, entry);
    entry.users++;
    try {
      return await job(await this.#opened(file, entry.handle));
    } finally {
      entry.users--;
      await this.#closeUnused(ReadHandles.#LIMIT);
    }
  }

  async #opened(file: number, handle: Promise<StorageFile>): Promise<StorageFile> {
    try {
      return await handle;
    } catch (error) {
      if (this.#handles.get(file)?.handle === handle) this.#handles.delete(file);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#closeUnused(0);
  }

  async #closeUnused(limit: number): Promise<void> {
    const idle = [...this.#handles].filter(([, { users }]) => users === 0);
    const excess = idle.slice(0, Math.max(this.#handles.size - limit, 0));
    for (const [file] of excess) this.#handles.delete(file);
    for (const [, { handle }] of excess) await (await handle).close();
  }
}
