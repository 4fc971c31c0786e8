import type { BlockView, TxOut } from '@btcp2p/wire';

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

/** Where a block is: the number of its file, and the byte where the block itself starts. */
export interface BlockPosition {
  readonly file: number;
  /** Behind magic and length, as `DiskBlockIndex.dataPosition`. */
  readonly position: number;
}

/**
 * Block and undo files: `blkNNNNN.dat` and `revNNNNN.dat` (Core node/blockstorage.h).
 *
 * Specification: everything is synchronous. What a write has returned from outlives the process, and
 * after {@link sync} also the machine. A block's undo data go into the rev file of the same number.
 * Every failure of the system is thrown as it is; what was half written is overwritten or cut off.
 */
export interface BlockFiles {
  /**
   * Keeps a block. Files grow to 128 MiB (Core `MAX_BLOCKFILE_SIZE`).
   *
   * @param height what pruning will know the file by, with {@link BlockFiles.files}
   * @param time Unix seconds of its header
   */
  writeBlock(block: Uint8Array, height: number, time: number): BlockPosition;
  /**
   * A block in a fresh array.
   *
   * @throws Error if what is there cannot be a block: no magic, no length, too short
   */
  readBlock(at: BlockPosition): Uint8Array;
  /** Keeps undo data, with the checksum behind them. Returns where they start. */
  writeUndo(file: number, undo: Uint8Array, checksum: Uint8Array): number;
  /** Undo data and their checksum, which the caller compares. Throws as `readBlock` does. */
  readUndo(at: BlockPosition): { readonly undo: Uint8Array; readonly checksum: Uint8Array };
  /** Makes all that was written last through a power cut. */
  sync(): void;
  /** What is known of the files, by number (Core `CBlockFileInfo`): what pruning goes by. */
  files(): ReadonlyMap<number, BlockFileInfo>;
  /** Deletes a block file and its undo file. */
  remove(file: number): void;
  /**
   * From now on blocks from a height on go into files of their own, or all into the same if that is
   * undefined (Core `BlockfileType`): while a snapshot is proved, they come from two places of the
   * chain, and pruning by height works best where files have blocks of one.
   */
  keepApart?(height: number | undefined): void;
}

/** What a block file holds (Core `CBlockFileInfo`, node/blockstorage.h). */
export interface BlockFileInfo {
  readonly blocks: number;
  /** Bytes used of the blk file, and of the rev file. */
  readonly size: number;
  readonly undoSize: number;
  readonly heightFirst: number;
  readonly heightLast: number;
  /** Unix seconds. */
  readonly timeFirst: number;
  readonly timeLast: number;
}

/** A script that does not let an output be spent. */
export interface ScriptFailure {
  /** Place in the block of the transaction, and the number of its input. */
  readonly transaction: number;
  readonly input: number;
  /** Core's name of it, a `ScriptError` of `@btcp2p/script`. */
  readonly error: string;
}

/**
 * Checks the scripts of a block, perhaps in other threads while the caller goes on.
 *
 * Specification: `begin`, `add` for transactions of the block in order (never the coinbase), `finish`,
 * which waits until all is known and returns the failure that comes first in the block. Between
 * `begin` and `finish` the block's bytes are borrowed. `begin` after an unfinished block forgets it.
 */
export interface ScriptChecker {
  /** @param flags Core's `SCRIPT_VERIFY_*` bits, the same for all of the block. */
  begin(block: BlockView, flags: number): void;
  /** @param prevouts the outputs that the transaction's inputs spend, in order */
  add(transaction: number, prevouts: readonly TxOut[]): void;
  finish(): ScriptFailure | undefined;
}

/**
 * Transactions that wait to be mined: a `Mempool` of `@btcp2p/mempool`, with what else it asks for.
 *
 * Specification: it is told of every block of the active chain after the coins are as the block left
 * them, or as they were before it. `settle` follows whenever the chain has come to more work than it had,
 * or to rest, or a block failed on the way. It may read the coins and what is known of the chain.
 */
export interface ChainMempool {
  /** Transactions in it. */
  readonly size: number;
  /** @param txids all of them, 32 bytes each in wire order */
  blockConnected(block: BlockView, txids: readonly Uint8Array[]): void;
  blockDisconnected(block: BlockView, txids: readonly Uint8Array[]): void;
  /** @param bringBack whether transactions of blocks that were disconnected may come back */
  settle(bringBack: boolean): void;
}
