import { closeSync, fstatSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { KeyValueChange, KeyValueEntry, KeyValueStore } from '@btcp2p/chainstate';
import { open, type RootDatabase } from 'lmdb';
import type { NodeError } from '../../node-error.ts';
import { asBytes } from './bytes.ts';
import { lmdbError } from './lmdb-error.ts';
import { LmdbFile } from './lmdb-file.ts';
import { LmdbRange, type RangeHold } from './lmdb-range.ts';
import { sortedOrder } from './sorted-order.ts';

/** Bytes of a key at most: two of them fit a page of 4 KiB. */
export const MAX_KEY_SIZE = 1_978;

/** Of the two files of an LMDB directory the one with the data; the other is the readers' and writers'. */
const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';

/** Bytes of the lock file: 126 places for readers need 8,272, and what is more is places for more. */
const LOCK_SIZE = 12_288;

/** Bytes of a value at most that is copied to one place for the engine. */
const SCRATCH_SIZE = 65_536;

/**
 * Address space for the file. It costs nothing until it is used: a map that starts small is made anew,
 * twice as large, each time that it is full, and lmdb keeps the old ones. Beyond this it still grows
 * so. Windows would make a file of that size, and 32 bits have no such space.
 */
const MAP_SIZE = 2 ** 40;
const HAS_LARGE_MAP = process.platform !== 'win32' && ['x64', 'arm64'].includes(process.arch);

type Database = RootDatabase<Uint8Array, Uint8Array>;

/** Options of {@link LmdbStore.open}. */
export interface LmdbStoreOptions {
  /** Called once, when a write has failed, and all others will. */
  readonly failed?: (error: NodeError) => void;
}

/**
 * A {@link KeyValueStore} in a directory, by LMDB (npm `lmdb`): a B+tree in a file that is mapped into
 * memory. Keys have 1 to {@link MAX_KEY_SIZE} bytes, values up to 2 GiB.
 *
 * Specification: a batch that {@link write} has returned from outlives the process. After a power cut
 * all batches are there up to one, which is the last or the one before; after {@link sync} it is the
 * last. A write that fails leaves the store as it was: it can be read, and takes no other write. A
 * directory is one thread's at a time, which the lock of the data directory is to see to. When closed
 * it may be copied or moved, with or without its `lock.mdb`, among machines of one byte order.
 *
 * Rationale: LMDB changes no page that the last commit or the one before uses. So there is nothing to
 * repair: opening takes the newer of the two roots in the file. The settings:
 * - Each commit waits until its pages are on the disk, and not for its root (`noMetaSync`), which goes
 *   there with the next one's pages: one wait and not two, and the order is kept. `noSync` waits for
 *   nothing, and then a power cut may leave a root without its pages. lmdb's own `overlappingSync` has
 *   a third root against that, of which LMDB itself knows nothing; it is off.
 * - The pages that a commit replaces are free for the one after the next, unless a range from before
 *   is still open. So the file has room for the changes of two batches besides its content, and one
 *   who holds a range for long makes it grow. It never shrinks.
 * - No `useWritemap`: it writes through the map, where a full disk is the end of the process.
 * - `noReadAhead` once the file has half the size of the memory: neighbours in it are strangers to one
 *   another, and 128 KiB that are read for a coin then drive out others. A smaller file ends up in
 *   memory anyhow, and there reading ahead makes going through everything three times as fast.
 * - Readers: there are some 190 places, of which this class needs one, and each commit that has a range
 *   open another. Those of a process that died are given back when the store is opened.
 */
export class LmdbStore implements KeyValueStore {
  readonly #db: Database;
  readonly #file: LmdbFile;
  readonly #path: string;
  readonly #scratch = new Uint8Array(SCRATCH_SIZE);
  readonly #onFailure: (error: NodeError) => void;
  /** Of the ranges that are open. */
  readonly #holds = new Set<RangeHold>();
  #failure: NodeError | undefined;
  #isOpen = true;

  private constructor(db: Database, file: LmdbFile, path: string, options: LmdbStoreOptions) {
    this.#db = db;
    this.#file = file;
    this.#path = path;
    this.#onFailure = options.failed ?? (() => {});
  }

  /**
   * Opens the store of a directory, and makes both if they are not there.
   *
   * @throws NodeError `read-only`, `disk-full`, `io`; `corrupt` if what is there is no such store
   */
  static open(directory: string, options: LmdbStoreOptions = {}): LmdbStore {
    const path = join(directory, DATA_FILE);
    let file: LmdbFile | undefined;
    try {
      mkdirSync(directory, { recursive: true });
      // All that may fail is done by node:fs first: if it cannot open something, lmdb crashes.
      file = LmdbFile.open(path);
      prepareLock(join(directory, LOCK_FILE));
      const settings = {
        path: directory,
        // Else the name of a directory with a dot would be a file's.
        noSubdir: false,
        keyEncoding: 'binary',
        encoding: 'binary',
        maxDbs: 1,
        noMetaSync: true,
        overlappingSync: false,
        noReadAhead: file.size > totalmem() / 2,
        ...(HAS_LARGE_MAP ? { mapSize: MAP_SIZE } : {}),
      } as const;
      const db = open<Uint8Array, Uint8Array>(settings);
      if (file.isNew) file.syncName();
      return new LmdbStore(db, file, path, options);
    } catch (error) {
      file?.close();
      throw lmdbError(error, path);
    }
  }

  /** Deletes the store of a directory, if there is one. It must be closed. */
  static remove(directory: string): void {
    for (const name of [DATA_FILE, LOCK_FILE]) rmSync(join(directory, name), { force: true });
  }

  /** @throws NodeError `corrupt` */
  get(key: Uint8Array): Uint8Array | undefined {
    const db = this.#opened();
    try {
      return valueOf(db, key);
    } catch (error) {
      throw lmdbError(error, this.#path);
    }
  }

  /** @throws NodeError `corrupt` */
  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    const db = this.#opened();
    try {
      return keys.map((key) => valueOf(db, key));
    } catch (error) {
      throw lmdbError(error, this.#path);
    }
  }

  /**
   * @throws RangeError if a key is empty or too long; then nothing is applied
   * @throws NodeError `disk-full`, `io`, `corrupt`; the same from every write after it
   */
  write(batch: Iterable<KeyValueChange>): void {
    this.#checkWritable();
    const changes = Array.from(batch);
    for (const { key } of changes) checkKey(key);
    if (changes.length === 0) return;
    // Lets go of what this thread looked at last, whose pages could not be used again.
    this.#db.resetReadTxn();
    try {
      this.#db.transactionSync(() => this.#apply(changes));
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Can be gone through once, at any time. What it shows stays in the file until that is done, or left,
   * or the range is garbage.
   *
   * @throws NodeError `corrupt`, also while it is gone through
   */
  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry> {
    return new LmdbRange(this.#opened(), { from, to, path: this.#path, holds: this.#holds });
  }

  /**
   * Makes all batches so far last through a power cut.
   *
   * @throws NodeError `io`, and all writes after it
   */
  sync(): void {
    this.#checkWritable();
    try {
      this.#file.sync();
    } catch (error) {
      // The system may have given up what it had to write, and would not say so again.
      this.#fail(error);
    }
  }

  /** Makes all last and ends reading and writing, that of open ranges included. */
  close(): void {
    if (!this.#isOpen) return;
    try {
      if (this.#failure === undefined) this.sync();
    } finally {
      this.#isOpen = false;
      for (const hold of this.#holds) hold.release();
      // This class writes nothing asynchronously, so that it is closed when this returns.
      void this.#db.close();
      this.#file.close();
    }
  }

  /** In order, so that what changes in one page comes together, and its page is in the caches. */
  #apply(changes: readonly KeyValueChange[]): void {
    const db = this.#db;
    const scratch = this.#scratch;
    for (const index of sortedOrder(changes)) {
      const { key, value } = changes[index]!;
      if (value === undefined) {
        void db.remove(key);
      } else if (value.length > scratch.length) {
        void db.put(key, value);
      } else {
        // lmdb asks for the address of each buffer that it has not met, which takes longer.
        scratch.set(value);
        void db.put(key, scratch.subarray(0, value.length));
      }
    }
  }

  /** No other write is tried: after some failures lmdb would crash. */
  #fail(error: unknown): never {
    let reason = lmdbError(error, this.#path);
    if (reason.code === 'io') {
      try {
        this.#file.probe();
      } catch (full) {
        reason = lmdbError(full, this.#path);
      }
    }
    this.#failure = reason;
    this.#onFailure(reason);
    throw reason;
  }

  #checkWritable(): void {
    this.#opened();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #opened(): Database {
    if (!this.#isOpen) throw new Error('the store is closed');
    return this.#db;
  }
}

function valueOf(db: Database, key: Uint8Array): Uint8Array | undefined {
  const found = db.getBinary(key);
  return found && asBytes(found);
}

/** Makes a lock file of zeros, of which LMDB makes its own: in one with holes, a full disk is a crash. */
function prepareLock(path: string): void {
  const file = openSync(path, 'a');
  try {
    const missing = new Uint8Array(Math.max(0, LOCK_SIZE - fstatSync(file).size));
    for (let done = 0; done < missing.length;) done += writeSync(file, missing, done);
  } finally {
    closeSync(file);
  }
}

function checkKey({ length }: Uint8Array): void {
  if (length === 0 || length > MAX_KEY_SIZE) throw new RangeError(`a key of ${length} bytes`);
}
