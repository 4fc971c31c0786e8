import type { KeyValueEntry } from '@btcp2p/chainstate';
import type { RootDatabase, Transaction } from 'lmdb';
import { asBytes } from './bytes.ts';
import { lmdbError } from './lmdb-error.ts';

/** What a range holds of the database until it ends. */
export class RangeHold {
  readonly entries: Iterator<KeyValueEntry>;
  readonly #transaction: Transaction;
  readonly #holds: Set<RangeHold>;

  /** @param holds all that are not released */
  constructor(entries: Iterator<KeyValueEntry>, transaction: Transaction, holds: Set<RangeHold>) {
    this.entries = entries;
    this.#transaction = transaction;
    this.#holds = holds;
    holds.add(this);
  }

  get isReleased(): boolean {
    return !this.#holds.has(this);
  }

  /** Lets the database use again what the range showed. */
  release(): void {
    if (!this.#holds.delete(this)) return;
    this.entries.return?.();
    this.#transaction.done();
  }
}

/** Nobody can go through these ranges any more. */
const abandoned = new FinalizationRegistry<RangeHold>((hold) => hold.release());

/** What a {@link LmdbRange} shows. */
export interface LmdbRangeOptions {
  /** The first key. */
  readonly from: Uint8Array;
  /** The key before which it ends. */
  readonly to: Uint8Array;
  /** The file, for errors. */
  readonly path: string;
  /** Where it is kept what this holds, for whoever closes the database. */
  readonly holds: Set<RangeHold>;
}

/** The entries with `from <= key < to` as they are when this is made. It is gone through once. */
export class LmdbRange implements IterableIterator<KeyValueEntry> {
  readonly #path: string;
  readonly #hold: RangeHold | undefined;

  constructor(db: RootDatabase<Uint8Array, Uint8Array>, options: LmdbRangeOptions) {
    const { from, to, path, holds } = options;
    this.#path = path;
    // lmdb would take an empty end for none.
    if (Buffer.compare(from, to) >= 0) return;
    const transaction = db.useReadTransaction();
    try {
      const range = db.getRange({ start: from.slice(), end: to.slice(), transaction });
      this.#hold = new RangeHold(range[Symbol.iterator](), transaction, holds);
    } catch (error) {
      transaction.done();
      throw lmdbError(error, path);
    }
    abandoned.register(this, this.#hold);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<KeyValueEntry, undefined> {
    if (this.#hold === undefined || this.#hold.isReleased) return { done: true, value: undefined };
    try {
      const result = this.#hold.entries.next();
      if (result.done === true) return this.return();
      const { key, value } = result.value;
      return { done: false, value: { key: asBytes(key), value: asBytes(value) } };
    } catch (error) {
      throw lmdbError(error, this.#path);
    }
  }

  return(): IteratorResult<KeyValueEntry, undefined> {
    this.#hold?.release();
    return { done: true, value: undefined };
  }
}
