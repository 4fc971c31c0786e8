/**
 * What the chain state needs of a database: an ordered map from bytes to bytes.
 *
 * Specification: reads and writes are synchronous. What is written in one batch is there as a whole
 * or not at all, whatever happens to the process or the machine, and batches become durable in order.
 * `test/compliance` of an implementation runs the suite of `@btcp2p/chainstate/compliance`.
 *
 * Rationale: connecting a block asks for a few thousand coins and cannot go on without them, and
 * nothing here suspends. LMDB reads from mapped memory, at once. LevelDB has blocking reads too. What
 * has neither lives in a worker that the caller waits for (`Atomics.wait`), which is why there is
 * `getMany`: one round trip for a block. A node that must never block runs its chain state in a
 * worker of its own; then a synchronous port is the simple and quick one.
 */
export interface KeyValueStore {
  /** The value of a key, or undefined. It is the caller's to keep, not to change. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** The values of many keys, in their order. */
  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[];
  /**
   * Applies puts and removals in order, all or none. Keys and values are lent for the call. The batch
   * is read once; if reading it throws, nothing is applied and that error comes out.
   */
  write(batch: Iterable<KeyValueChange>): void;
  /**
   * The entries with `from <= key < to`, in the order of their keys as unsigned bytes, a shorter key
   * before one that it starts. It shows the store as it was at the call, whatever is written while
   * it runs.
   */
  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry>;
}

/** A key and its value. */
export interface KeyValueEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A key and its new value; undefined removes it, if it is there. */
export interface KeyValueChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}
