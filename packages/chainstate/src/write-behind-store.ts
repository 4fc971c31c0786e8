import type { KeyValueChange, KeyValueEntry, KeyValueStore } from './ports.ts';

/**
 * A store whose batches wait until there are many: they become one batch of the store below by
 * {@link commit}, or as soon as something is read. After the end of the process those that waited are
 * gone, the last ones first and each as a whole.
 *
 * Rationale: a store on a disk waits for it at each batch, some milliseconds. One that is read before
 * much was written need not look for what waits.
 */
export class WriteBehindStore implements KeyValueStore {
  readonly #store: KeyValueStore;
  readonly #beforeCommit: () => void;
  #waiting: KeyValueChange[] = [];
  #bytes = 0;

  /** @param beforeCommit called each time that something is written to the store below */
  constructor(store: KeyValueStore, beforeCommit: () => void = () => {}) {
    this.#store = store;
    this.#beforeCommit = beforeCommit;
  }

  /** Changes that wait. */
  get changes(): number {
    return this.#waiting.length;
  }

  /** Bytes of their keys and values. */
  get byteLength(): number {
    return this.#bytes;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.commit();
    return this.#store.get(key);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.commit();
    return this.#store.getMany(keys);
  }

  /** Unlike other stores it keeps keys and values: nobody may change them any more. */
  write(batch: Iterable<KeyValueChange>): void {
    for (const change of Array.from(batch)) {
      this.#waiting.push(change);
      this.#bytes += change.key.length + (change.value?.length ?? 0);
    }
  }

  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry> {
    this.commit();
    return this.#store.entries(from, to);
  }

  /** Writes what waits, all or none. */
  commit(): void {
    if (this.#waiting.length === 0) return;
    this.#beforeCommit();
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#store.write(batch);
  }
}
