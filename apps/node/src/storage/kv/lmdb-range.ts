import type { KeyValueEntry } from '@btcp2p/chainstate';
import type { RootDatabase, Transaction } from 'lmdb';
import { asBytes } from './bytes.ts';
import { lmdbError } from './lmdb-error.ts';

/** Lets go of what was shown by ranges that nobody can go through any more. */
const abandoned = new FinalizationRegistry<Open>(({ transaction }) => transaction.done());

/** What a range holds of the database. */
interface Open {
  readonly transaction: Transaction;
  readonly entries: Iterator<KeyValueEntry>;
}

/** What a {@link LmdbRange} shows. */
export interface LmdbRangeOptions {
  /** The first key. */
  readonly from: Uint8Array;
  /** The key before which it ends. */
  readonly to: Uint8Array;
  /** The file, for errors. */
  readonly path: string;
}

/** The entries with `from <= key < to` as they are when this is made. It is gone through once. */
export class LmdbRange implements IterableIterator<KeyValueEntry> {
  /** Called when it has ended or was left. */
  onEnd: () => void = () => {};
  readonly #path: string;
  #open: Open | undefined;

  constructor(db: RootDatabase<Uint8Array, Uint8Array>, { from, to, path }: LmdbRangeOptions) {
    this.#path = path;
    // lmdb would take an empty end for none.
    if (Buffer.compare(from, to) >= 0) return;
    const transaction = db.useReadTransaction();
    try {
      const range = db.getRange({ start: from.slice(), end: to.slice(), transaction });
      this.#open = { transaction, entries: range[Symbol.iterator]() };
    } catch (error) {
      transaction.done();
      throw lmdbError(error, path);
    }
    abandoned.register(this, this.#open, this);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<KeyValueEntry, undefined> {
    if (this.#open === undefined) return { done: true, value: undefined };
    try {
      const result = this.#open.entries.next();
      if (result.done === true) return this.return();
      const { key, value } = result.value;
      return { done: false, value: { key: asBytes(key), value: asBytes(value) } };
    } catch (error) {
      throw lmdbError(error, this.#path);
    }
  }

  return(): IteratorResult<KeyValueEntry, undefined> {
    const open = this.#open;
    if (open !== undefined) {
      this.#open = undefined;
      abandoned.unregister(this);
      open.entries.return?.();
      open.transaction.done();
      this.onEnd();
    }
    return { done: true, value: undefined };
  }
}
