import type { KeyValueEntry } from '@btcp2p/chainstate';
import type { RootDatabase, Transaction } from 'lmdb';
import { asBytes } from './bytes.ts';

/** Lets go of what ranges show that nobody can go through any more. */
const abandoned = new FinalizationRegistry<Transaction>((transaction) => transaction.done());

/**
 * The entries with `from <= key < to` as they are when this is made. It is gone through once, at any
 * time; what it shows stays in the file until it ends or is left (`return`), or is garbage.
 */
export class LmdbRange implements IterableIterator<KeyValueEntry> {
  readonly #entries: Iterator<{ readonly key: Uint8Array; readonly value: Uint8Array }> | undefined;
  #transaction: Transaction | undefined;

  constructor(db: RootDatabase<Uint8Array, Uint8Array>, from: Uint8Array, to: Uint8Array) {
    // lmdb takes an empty end for none.
    if (Buffer.compare(from, to) >= 0) return;
    const transaction = db.useReadTransaction();
    abandoned.register(this, transaction, this);
    this.#transaction = transaction;
    this.#entries = db.getRange({ start: from, end: to, transaction })[Symbol.iterator]();
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<KeyValueEntry, undefined> {
    if (this.#transaction === undefined) return { done: true, value: undefined };
    const result = this.#entries!.next();
    if (result.done === true) return this.return();
    const { key, value } = result.value;
    return { done: false, value: { key: asBytes(key), value: asBytes(value) } };
  }

  return(): IteratorResult<KeyValueEntry, undefined> {
    const transaction = this.#transaction;
    if (transaction !== undefined) {
      this.#transaction = undefined;
      abandoned.unregister(this);
      this.#entries!.return?.();
      transaction.done();
    }
    return { done: true, value: undefined };
  }
}
