import { closeSync, fdatasyncSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyValueChange, KeyValueEntry, KeyValueStore } from '@btcp2p/chainstate';
import { open, type RootDatabase } from 'lmdb';
import { NodeError } from '../../node-error.ts';
import { asBytes } from './bytes.ts';
import { lmdbError } from './lmdb-error.ts';
import { LmdbRange } from './lmdb-range.ts';
import { sortedOrder } from './sorted-order.ts';

/** Bytes of a key at most: what two of fit a page of 4 KiB. */
export const MAX_KEY_SIZE = 1_978;

/** The file of the two that an LMDB directory has which holds the data; `lock.mdb` is of processes. */
const DATA_FILE = 'data.mdb';

/** Bytes of values that are copied to one place for the engine. */
const SCRATCH_SIZE = 64 * 2 ** 10;

/**
 * Address space for the file. It costs nothing until it is used: a map that starts small is mapped
 * anew, twice as large, each time that it is full, and lmdb keeps the old ones. Beyond this one it
 * still grows so. Windows would make a file of that size, and 32 bits have no such space.
 */
const MAP_SIZE = 2 ** 40;
const HAS_LARGE_MAP = process.platform !== 'win32' && ['x64', 'arm64'].includes(process.arch);

type Database = RootDatabase<Uint8Array, Uint8Array>;

/** Options of {@link LmdbStore.open}. */
export interface LmdbStoreOptions {
  /** Called when {@link LmdbStore.write} has failed and will from now on. */
  readonly failed?: (error: NodeError) => void;
}

/**
 * A {@link KeyValueStore} in a directory, by LMDB (npm `lmdb`): a B+tree in a file that is mapped into
 * memory. Keys are 1 to {@link MAX_KEY_SIZE} bytes, values up to 4 GiB.
 *
 * Specification: a batch that {@link write} has returned from outlives the process. After a power cut
 * all batches are there up to some one, which is the last or the last but one; after {@link sync} it
 * is the last. A write that fails leaves the store as it was, which can still be read; no other write
 * is tried after it. A directory is one process's and one thread's at a time, which the lock of the
 * data directory sees to. When closed it may be copied or moved; `lock.mdb` is not needed.
 *
 * Rationale: LMDB never changes a page that the last commit uses, nor one of the commit before. So a
 * file needs no repair: opening it takes the newer of the two roots that are in it. The settings:
 * - Each commit waits for its pages (fdatasync) and not for its root (`noMetaSync`), which the next
 *   commit's pages take along. That is one wait and not two, and order is kept. `noSync` waits for
 *   nothing, and a power cut could leave a root without its pages. lmdb's own `overlappingSync` keeps
 *   a third root for that, on which nobody else's LMDB relies; it is off.
 * - The pages that a commit replaces are free for the next but one, unless a range of before is still
 *   being read. So the file has room for the changes of two batches besides its content, and a range
 *   that is held for long makes it grow.
 * - No `useWritemap`: it would write through the map, where a full disk is the end of the process.
 * - `noReadAhead`: neighbours in the file have nothing to do with one another, and reading 128 KiB
 *   for a coin makes a start slow wherever the file is larger than memory.
 * - Readers: 126 places, of which this class needs one, and one for each range that is being read.
 */
export class LmdbStore implements KeyValueStore {
  readonly #db: Database;
  readonly #path: string;
  readonly #scratch = new Uint8Array(SCRATCH_SIZE);
  readonly #onFailure: (error: NodeError) => void;
  #failure: NodeError | undefined;
  #isOpen = true;

  private constructor(
    db: Database,
    path: string,
    onFailure: (error: NodeError) => void,
  ) {
    this.#db = db;
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /**
   * Opens the store of a directory, and makes both if they are not there.
   *
   * @throws NodeError `read-only`, `disk-full`, `io`; `corrupt` if what is there is no such store
   */
  static open(directory: string, options: LmdbStoreOptions = {}): LmdbStore {
    const path = join(directory, DATA_FILE);
    try {
      mkdirSync(directory, { recursive: true });
      // Says what is wrong with a file or a directory that cannot be written better than LMDB does.
      closeSync(openSync(path, 'a'));
      const db = open<Uint8Array, Uint8Array>({
        path: directory,
        // The name of a directory may have a dot, which would make it a file's.
        noSubdir: false,
        keyEncoding: 'binary',
        encoding: 'binary',
        maxDbs: 1,
        noMetaSync: true,
        overlappingSync: false,
        noReadAhead: true,
        ...(HAS_LARGE_MAP ? { mapSize: MAP_SIZE } : {}),
      });
      syncDirectory(directory);
      return new LmdbStore(db, path, options.failed ?? (() => {}));
    } catch (error) {
      throw lmdbError(error, path);
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return valueOf(this.#reading(), key);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    const db = this.#reading();
    return keys.map((key) => valueOf(db, key));
  }

  /**
   * @throws RangeError if a key is empty or too long, and nothing is applied
   * @throws NodeError `disk-full`, `io`; the same at every write after it
   */
  write(batch: Iterable<KeyValueChange>): void {
    const db = this.#reading();
    if (this.#failure !== undefined) throw this.#failure;
    const changes = Array.isArray(batch) ? (batch as readonly KeyValueChange[]) : [...batch];
    for (const { key } of changes) checkKey(key);
    if (changes.length === 0) return;
    // Pages that only this thread's last look at the store keeps from being used again.
    db.resetReadTxn();
    try {
      db.transactionSync(() => this.#apply(changes));
    } catch (error) {
      // After a root that could not be written, lmdb would crash at the next attempt.
      this.#failure = lmdbError(error, this.#path);
      this.#onFailure(this.#failure);
      throw this.#failure;
    }
  }

  /** Can be gone through once. Until that is done, or left, the file keeps what it shows. */
  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry> {
    return new LmdbRange(this.#reading(), from, to);
  }

  /**
   * Makes all batches so far last through a power cut.
   *
   * @throws NodeError
   */
  sync(): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const file = openSync(this.#path, 'r+');
      try {
        fdatasyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw lmdbError(error, this.#path);
    }
  }

  /** Ends reading and writing, ranges included. What was written lasts. */
  close(): void {
    if (!this.#isOpen) return;
    try {
      if (this.#failure === undefined) this.sync();
    } finally {
      this.#isOpen = false;
      // Nothing is written asynchronously here, so that it is closed when this returns.
      void this.#db.close();
    }
  }

  /** Sorted, changes of a page come together, and the page is found in the processor's cache. */
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
        // lmdb asks for the address of every buffer that it has not seen, which takes longer.
        scratch.set(value);
        void db.put(key, scratch.subarray(0, value.length));
      }
    }
  }

  #reading(): Database {
    if (!this.#isOpen) throw new Error('the store is closed');
    return this.#db;
  }
}

function valueOf(db: Database, key: Uint8Array): Uint8Array | undefined {
  const found = db.getBinary(key);
  return found && asBytes(found);
}

function checkKey({ length }: Uint8Array): void {
  if (length === 0 || length > MAX_KEY_SIZE) throw new RangeError(`a key of ${length} bytes`);
}

/** Makes the names of new files last. */
function syncDirectory(path: string): void {
  // Windows has no such thing: names last there.
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
