import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { BlockStatus, type DiskBlockIndex } from './disk-block-index.ts';
import type { BlockPosition } from './ports.ts';

/** Of blocks that were there at start and are not in the best chain (Core `SEQ_ID_INIT_FROM_DISK`). */
const SEQUENCE_FROM_DISK = 1;
/** Of the best chain at start (Core `SEQ_ID_BEST_CHAIN_FROM_DISK`, chain.h). */
const SEQUENCE_BEST_CHAIN = 0;

const INITIAL_SIZE = 1_024;

const { HAVE_DATA, HAVE_UNDO, VALID_MASK, VALID_TRANSACTIONS, VALID_TREE } = BlockStatus;

/**
 * What is known of each block besides its header: how far it was checked, where it is stored, how many
 * transactions it and its chain have, and when it came (Core `CBlockIndex`, chain.h). Kept beside a
 * `HeaderTree`, under the same numbers, in 37 bytes a header.
 *
 * Whether a block is invalid is the tree's to say.
 */
export class BlockIndex {
  readonly #headers: HeaderTree;
  #statuses = new Uint8Array(INITIAL_SIZE);
  #files = new Uint32Array(INITIAL_SIZE);
  #dataPositions = new Uint32Array(INITIAL_SIZE);
  #undoPositions = new Uint32Array(INITIAL_SIZE);
  #transactions = new Uint32Array(INITIAL_SIZE);
  #sequences = new Int32Array(INITIAL_SIZE);
  #chainTransactions = new Float64Array(INITIAL_SIZE);
  /** Blocks that are here while an ancestor is not, by parent (Core `m_blocks_unlinked`). */
  readonly #unlinked = new Map<HeaderEntry, HeaderEntry[]>();
  readonly #dirty = new Set<HeaderEntry>();
  #nextSequence = SEQUENCE_FROM_DISK + 1;

  constructor(headers: HeaderTree) {
    this.#headers = headers;
  }

  /** Bits and level, as in {@link BlockStatus}; 0 of a header of which nothing else is known. */
  status(entry: HeaderEntry): number {
    return this.#statuses[entry] ?? 0;
  }

  /** Whether the block is stored. */
  hasData(entry: HeaderEntry): boolean {
    return (this.status(entry) & HAVE_DATA) !== 0;
  }

  /** Whether what it spent is stored. */
  hasUndo(entry: HeaderEntry): boolean {
    return (this.status(entry) & HAVE_UNDO) !== 0;
  }

  /** Where it is stored, if it is. */
  position(entry: HeaderEntry): BlockPosition | undefined {
    if (!this.hasData(entry)) return undefined;
    return { file: this.#files[entry]!, position: this.#dataPositions[entry]! };
  }

  /** Where what it spent is stored, if it is. */
  undoPosition(entry: HeaderEntry): BlockPosition | undefined {
    if (!this.hasUndo(entry)) return undefined;
    return { file: this.#files[entry]!, position: this.#undoPositions[entry]! };
  }

  /** Transactions of the block; 0 if it has not been here. */
  transactionCount(entry: HeaderEntry): number {
    return this.#transactions[entry] ?? 0;
  }

  /**
   * Transactions of the chain up to and including the block; 0 if a block of it has not been here
   * (Core `m_chain_tx_count`).
   */
  chainTransactionCount(entry: HeaderEntry): number {
    return this.#chainTransactions[entry] ?? 0;
  }

  /** Whether the block and all before it have been here and passed what they show by themselves. */
  isLinked(entry: HeaderEntry): boolean {
    return this.chainTransactionCount(entry) > 0;
  }

  /**
   * Above 0 if a chain that ends with `a` is to be preferred to one that ends with `b`: it has more
   * work, or came first (Core `CBlockIndexWorkComparator`, node/blockstorage.cpp).
   */
  compare(a: HeaderEntry, b: HeaderEntry): number {
    const work = this.#headers.compareWork(a, b);
    if (work !== 0) return work;
    const sequence = (this.#sequences[b] ?? 0) - (this.#sequences[a] ?? 0);
    return sequence === 0 ? b - a : sequence;
  }

  /**
   * The block is stored. Returns the blocks whose chain is complete by that, parents before children
   * (Core `ReceivedBlockTransactions`, validation.cpp).
   */
  received(entry: HeaderEntry, transactionCount: number, at: BlockPosition): HeaderEntry[] {
    this.#grow(entry);
    this.#transactions[entry] = transactionCount;
    this.#files[entry] = at.file;
    this.#dataPositions[entry] = at.position;
    this.#statuses[entry]! |= HAVE_DATA | BlockStatus.OPT_WITNESS;
    this.raise(entry, VALID_TRANSACTIONS);
    this.#dirty.add(entry);
    this.#keepAncestors(entry);
    return this.#link(entry);
  }

  /** What it spent is stored, in the file of its own number. */
  undoWritten(entry: HeaderEntry, position: number): void {
    this.#undoPositions[entry] = position;
    this.#statuses[entry]! |= HAVE_UNDO;
    this.#dirty.add(entry);
  }

  /** It has passed the checks up to a level of {@link BlockStatus}. */
  raise(entry: HeaderEntry, level: number): void {
    this.#grow(entry);
    const status = this.#statuses[entry]!;
    if ((status & VALID_MASK) >= level) return;
    this.#statuses[entry] = (status & ~VALID_MASK) | level;
    this.#dirty.add(entry);
  }

  /** Notes or takes back that the block itself broke a rule, so that it lasts. */
  setFailed(entry: HeaderEntry, failed: boolean): void {
    this.#grow(entry);
    const bit = BlockStatus.FAILED_VALID;
    const status = this.#statuses[entry]!;
    if (((status & bit) !== 0) === failed) return;
    this.#statuses[entry] = failed ? status | bit : status & ~bit;
    this.#dirty.add(entry);
    if (failed) this.#keepAncestors(entry);
  }

  /** Its file was deleted (Core `PruneOneBlockFile`, node/blockstorage.cpp). */
  pruned(entry: HeaderEntry): void {
    // It waits for nothing while it is not here itself.
    const parent = this.#headers.parent(entry);
    const waiting = parent === undefined ? undefined : this.#unlinked.get(parent);
    if (waiting !== undefined) this.#unlinked.set(parent!, waiting.filter((one) => one !== entry));
    this.#statuses[entry]! &= ~(HAVE_DATA | HAVE_UNDO);
    this.#files[entry] = 0;
    this.#dataPositions[entry] = 0;
    this.#undoPositions[entry] = 0;
    this.#dirty.add(entry);
  }

  /** Ranks it before all of its work that came so far (Core `PreciousBlock`). */
  setSequence(entry: HeaderEntry, sequence: number): void {
    this.#grow(entry);
    this.#sequences[entry] = sequence;
  }

  /** The block is here, but some ancestor was pruned: it waits for that. */
  unlink(entry: HeaderEntry): void {
    const parent = this.#headers.parent(entry);
    if (parent !== undefined) this.#wait(parent, entry);
  }

  /**
   * Takes what was stored of a block. When all are in, {@link loaded} is to be called.
   *
   * @param stored as the database has it
   */
  load(entry: HeaderEntry, stored: DiskBlockIndex): void {
    this.#grow(entry);
    this.#statuses[entry] = stored.status;
    this.#files[entry] = stored.file;
    this.#dataPositions[entry] = stored.dataPosition;
    this.#undoPositions[entry] = stored.undoPosition;
    this.#transactions[entry] = stored.transactionCount;
    this.#sequences[entry] = SEQUENCE_FROM_DISK;
  }

  /**
   * Counts the transactions of all chains. Entries are in order: a parent has the lower number.
   *
   * @param base as in {@link assume}
   */
  loaded(base?: { readonly entry: HeaderEntry; readonly data: { readonly chainTxCount: number } }): void {
    for (let entry = 0; entry < this.#statuses.length; entry++) {
      if (entry === base?.entry) this.#chainTransactions[entry] = base.data.chainTxCount;
      if (this.#transactions[entry] === 0) continue;
      const parent = this.#headers.parent(entry);
      const before = parent === undefined ? 0 : this.chainTransactionCount(parent);
      if (parent !== undefined && before === 0) this.#wait(parent, entry);
      else this.#chainTransactions[entry] = before + this.#transactions[entry]!;
    }
  }

  /**
   * Takes a block as connected whose coins were loaded, so that what builds on it is complete though
   * what it builds on is not.
   *
   * @param chainTransactionCount of its chain up to it
   */
  assume(entry: HeaderEntry, chainTransactionCount: number): void {
    this.#grow(entry);
    this.#chainTransactions[entry] = chainTransactionCount;
  }

  /** The blocks that a file has. */
  entriesIn(file: number): HeaderEntry[] {
    const entries: HeaderEntry[] = [];
    for (let entry = 0; entry < this.#statuses.length; entry++) {
      if ((this.#statuses[entry]! & (HAVE_DATA | HAVE_UNDO)) === 0) continue;
      if (this.#files[entry] === file) entries.push(entry);
    }
    return entries;
  }

  /** Ranks the chain that was the best when the process ended before all others of its work. */
  loadedBestChain(chain: Iterable<HeaderEntry>): void {
    for (const entry of chain) this.setSequence(entry, SEQUENCE_BEST_CHAIN);
  }

  /** What the database is to have of a block. */
  stored(entry: HeaderEntry): DiskBlockIndex {
    return {
      header: this.#headers.header(entry),
      height: this.#headers.height(entry),
      status: this.status(entry),
      transactionCount: this.transactionCount(entry),
      file: this.#files[entry] ?? 0,
      dataPosition: this.#dataPositions[entry] ?? 0,
      undoPosition: this.#undoPositions[entry] ?? 0,
    };
  }

  /** The blocks that changed since {@link settled}. */
  get dirty(): ReadonlySet<HeaderEntry> {
    return this.#dirty;
  }

  /** All changes are stored. */
  settled(): void {
    this.#dirty.clear();
  }

  /** What is stored names its parent: so those before it are stored too, if only with their headers. */
  #keepAncestors(entry: HeaderEntry): void {
    for (
      let at = this.#headers.parent(entry);
      at !== undefined && this.status(at) === 0;
      at = this.#headers.parent(at)
    ) {
      this.raise(at, VALID_TREE);
    }
  }

  #link(first: HeaderEntry): HeaderEntry[] {
    const parent = this.#headers.parent(first);
    if (parent !== undefined && !this.isLinked(parent)) {
      this.#wait(parent, first);
      return [];
    }
    const linked = [first];
    // Children are appended while the list is walked.
    for (const entry of linked) {
      const before = this.#headers.parent(entry);
      const count = before === undefined ? 0 : this.chainTransactionCount(before);
      this.#chainTransactions[entry] = count + this.#transactions[entry]!;
      this.#sequences[entry] = this.#nextSequence++;
      linked.push(...(this.#unlinked.get(entry) ?? []));
      this.#unlinked.delete(entry);
    }
    return linked;
  }

  #wait(parent: HeaderEntry, entry: HeaderEntry): void {
    const waiting = this.#unlinked.get(parent);
    if (waiting === undefined) this.#unlinked.set(parent, [entry]);
    else if (!waiting.includes(entry)) waiting.push(entry);
  }

  #grow(entry: HeaderEntry): void {
    if (entry < this.#statuses.length) return;
    const size = Math.max(entry + 1, this.#statuses.length * 2);
    this.#statuses = grown(this.#statuses, new Uint8Array(size));
    this.#files = grown(this.#files, new Uint32Array(size));
    this.#dataPositions = grown(this.#dataPositions, new Uint32Array(size));
    this.#undoPositions = grown(this.#undoPositions, new Uint32Array(size));
    this.#transactions = grown(this.#transactions, new Uint32Array(size));
    this.#sequences = grown(this.#sequences, new Int32Array(size));
    this.#chainTransactions = grown(this.#chainTransactions, new Float64Array(size));
  }
}

function grown<T extends { set(source: ArrayLike<number>): void }>(
  old: ArrayLike<number>,
  array: T,
): T {
  array.set(old);
  return array;
}
