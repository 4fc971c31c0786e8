/** A file that is kept open. */
interface Entry<File> {
  readonly handle: Promise<File>;
  users: number;
}

/** Files kept open for reading, so that a peer that asks for block after block is served quickly. */
export class ReadHandles<File extends { close(): Promise<void> }> {
  /** Open files at most; the one used longest ago is closed first. */
  static readonly #LIMIT = 8;
  readonly #open: (file: number) => Promise<File>;
  /** In order of last use. */
  readonly #handles = new Map<number, Entry<File>>();
  /** What is to be closed once nobody reads it any more. */
  readonly #forgotten = new Set<Entry<File>>();

  constructor(open: (file: number) => Promise<File>) {
    this.#open = open;
  }

  async use<T>(file: number, job: (handle: File) => Promise<T>): Promise<T> {
    const entry: Entry<File> = this.#handles.get(file) ?? { handle: this.#open(file), users: 0 };
    this.#handles.delete(file);
    this.#handles.set(file, entry);
    entry.users++;
    try {
      return await job(await this.#opened(file, entry.handle));
    } finally {
      entry.users--;
      if (entry.users === 0 && this.#forgotten.delete(entry)) await (await entry.handle).close();
      await this.#closeUnused(ReadHandles.#LIMIT);
    }
  }

  /** Opens a file anew the next time. */
  async forget(file: number): Promise<void> {
    const entry = this.#handles.get(file);
    if (entry === undefined) return;
    this.#handles.delete(file);
    if (entry.users > 0) this.#forgotten.add(entry);
    else await (await entry.handle).close();
  }

  async #opened(file: number, handle: Promise<File>): Promise<File> {
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
