import { dirname } from 'node:path';
import { fileError, NodeError } from '../node-error.ts';
import type { FileSystem, StorageFile } from './file-system.ts';

/** Bytes that a batch of small records may fill. A larger record is a batch of its own. */
const BATCH_SIZE = 1_048_576;

/** Records that are written together. */
interface Batch {
  readonly position: number;
  readonly bytes: Uint8Array;
  length: number;
  readonly written: Promise<void>;
  readonly settle: (error?: NodeError) => void;
}

/** How an {@link AppendFile} is made. */
export interface AppendFileOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  /** Where the first record goes: the size of the file's good part. */
  readonly position: number;
  /** Resolves when the file may be opened: the one before it is complete. */
  readonly after?: Promise<void>;
  /** Changes bytes in place just before they are written. */
  readonly transform?: (bytes: Uint8Array, position: number) => void;
  /** Called once, at the failure that ends all writing. */
  readonly failed: (error: NodeError) => void;
}

/**
 * A file that only grows at its end.
 *
 * Specification: `append` copies its record and resolves once the kernel has it. Records are written
 * in order, one write at a time; what is appended while a write is under way goes out together in
 * the next. A record is in the file after all records appended before it, or not at all. After the
 * first failure nothing more is written, every append that was not acknowledged rejects with the same
 * error, and what was half written is cut off, if the system lets us.
 *
 * Rationale: a call of the file system costs tens of microseconds in Node.js whatever its size, so
 * that thousands of small records a second are only possible in batches. One write at a time makes
 * the file's content a prefix of what was appended, at every moment: whoever reads it after a crash
 * has to cope with one torn record at its end and nothing else.
 */
export class AppendFile {
  readonly #options: AppendFileOptions;
  #file: StorageFile | undefined;
  /** Where the next record goes. */
  #end: number;
  /** Up to where the kernel has everything. */
  #written: number;
  /** Batches to write, oldest first; only the last still takes records. */
  readonly #batches: Batch[] = [];
  /** Large buffers to use again. */
  readonly #spare: Uint8Array[] = [];
  /** Settles with the newest record. */
  #last: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  #synced: number;
  #failure: NodeError | undefined;
  #closed = false;

  constructor(options: AppendFileOptions) {
    this.#options = options;
    this.#end = options.position;
    this.#written = options.position;
    this.#synced = options.position;
  }

  /** Size of the file once all that was appended is written. */
  get end(): number {
    return this.#end;
  }

  /** Bytes appended that the kernel does not have yet. */
  get pendingBytes(): number {
    return this.#end - this.#written;
  }

  /**
   * Appends a record of `length` bytes.
   *
   * @param fill writes the record into the given array of that length, before `append` returns
   */
  append(length: number, fill: (target: Uint8Array) => void): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.reject(new Error('the file is closed'));
    const batch = this.#batchFor(length);
    fill(batch.bytes.subarray(batch.length, batch.length + length));
    batch.length += length;
    this.#end += length;
    this.#draining ??= this.#drain();
    return batch.written;
  }

  /** Makes all that was appended so far last. */
  async sync(): Promise<void> {
    const position = this.#end;
    await this.#last;
    if (this.#failure !== undefined) throw this.#failure;
    if (position <= this.#synced || this.#file === undefined) return;
    const isNew = this.#synced === 0;
    try {
      await this.#file.sync();
      if (isNew) await this.#options.fileSystem.syncDirectory(dirname(this.#options.path));
    } catch (error) {
      // The kernel may have dropped the data: after this, nothing can be promised.
      throw this.#fail(error);
    }
    this.#synced = Math.max(this.#synced, position);
  }

  /** Writes and syncs what is left, and closes the file. Takes no more records from here on. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.sync();
    } finally {
      await this.#draining;
      await this.#file?.close();
      this.#file = undefined;
    }
  }

  #batchFor(length: number): Batch {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.length + length <= last.bytes.length) return last;
    const bytes =
      length > BATCH_SIZE ? unfilled(length) : (this.#spare.pop() ?? unfilled(BATCH_SIZE));
    let settle: Batch['settle'] = () => {};
    const written = new Promise<void>((resolve, reject) => {
      settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Who appended hears of a failure; that nobody listens here as well is no reason to crash.
    written.catch(() => {});
    const batch: Batch = { position: this.#end, bytes, length: 0, written, settle };
    this.#batches.push(batch);
    this.#last = written;
    return batch;
  }

  /** Writes batch after batch until there is none. Never rejects. */
  async #drain(): Promise<void> {
    try {
      // At least one turn of the microtask queue: what is appended in one go is written in one go.
      await this.#options.after;
      this.#file ??= await this.#options.fileSystem.open(this.#options.path, 'write');
      for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
        try {
          await this.#write(this.#file, batch);
        } catch (error) {
          batch.settle(this.#fail(error));
          throw error;
        }
        this.#written = batch.position + batch.length;
        if (batch.bytes.length === BATCH_SIZE && this.#spare.length < 2) this.#spare.push(batch.bytes);
        batch.settle();
      }
      this.#draining = undefined;
    } catch (error) {
      const failure = this.#fail(error);
      for (const batch of this.#batches.splice(0)) batch.settle(failure);
      this.#end = this.#written;
      try {
        await this.#file?.truncate(this.#written);
      } catch {
        // Then the next start cuts it off.
      }
    }
  }

  async #write(file: StorageFile, batch: Batch): Promise<void> {
    const bytes = batch.bytes.subarray(0, batch.length);
    this.#options.transform?.(bytes, batch.position);
    for (let done = 0; done < bytes.length; ) {
      const count = await file.write(bytes.subarray(done), batch.position + done);
      if (count === 0) throw new NodeError('io', `Nothing could be written to ${this.#options.path}`);
      done += count;
    }
  }

  #fail(error: unknown): NodeError {
    if (this.#failure === undefined) {
      this.#failure = fileError(error, this.#options.path);
      this.#options.failed(this.#failure);
    }
    return this.#failure;
  }
}

/** An array whose content is about to be written. */
function unfilled(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}
