/**
 * What the node needs of its storage. The files in this folder are one answer; a key-value store can
 * be another. In all of them a promise of `append` resolves only once the kernel has the data, so
 * that nothing acknowledged is lost when the process is killed, and `sync` makes that hold for a
 * power cut too. The first operation that fails ends all writing: it and every later one reject with
 * the same `NodeError`.
 */

/** What became of the stored headers at start. */
export interface HeaderLoad {
  /** Headers that were read and accepted. */
  readonly accepted: number;
  /** Bytes after the last of them that were cut off; 0 if all was well. */
  readonly cut: number;
}

/** Block headers of 80 bytes, in the order in which they were accepted: parents before children. */
export interface HeaderStore {
  /** Headers stored, those not yet acknowledged included. */
  readonly size: number;
  /**
   * Hands over every stored header, once, before anything is appended.
   *
   * @param accept checks a header against those before it and keeps it; the 80 bytes are lent for
   *   the call. If it says no, that header and all after it are dropped from the store
   */
  load(accept: (header: Uint8Array) => boolean): Promise<HeaderLoad>;
  /** Stores whole headers, `n` times 80 bytes, which are copied at once. */
  append(headers: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Whole blocks by hash. Hashes are 32 bytes in wire order. */
export interface BlockStore {
  /** Blocks stored and acknowledged. */
  readonly size: number;
  /** Bytes that wait to be written: the measure for holding back whoever sends blocks. */
  readonly pendingBytes: number;
  /** Whether the block is stored and acknowledged. */
  has(hash: Uint8Array): boolean;
  /** The hashes of all blocks stored and acknowledged, each a fresh array. */
  hashes(): Iterable<Uint8Array>;
  /**
   * The block in a fresh array, or undefined if it is not stored.
   *
   * @throws NodeError `corrupt` if what is stored is not that block; `io`
   */
  read(hash: Uint8Array): Promise<Uint8Array | undefined>;
  /**
   * Stores a block that has been checked, once. The bytes are copied at once.
   *
   * @param hash the block's own, if the caller has it; hashing the header is saved
   */
  append(block: Uint8Array, hash?: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Something to tell people that is no error: what was found at start and what was done about it. */
export interface StorageNotice {
  readonly code: 'torn-tail' | 'damaged' | 'preallocated' | 'headers-cut';
  readonly detail: string;
}
