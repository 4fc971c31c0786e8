import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  BlockFilterIndex,
  ChainIndexes,
  ChainstateError,
  transactionAt,
  TxIndex,
  WriteBehindStore,
  type BlockFiles,
  type BlockId,
  type ConnectedBlock,
  type IndexedChain,
  type IndexSummary,
  type NamedIndex,
  type PruneLock,
} from '@btcp2p/chainstate';
import { nativeSha256d } from '@btcp2p/reactor';
import { BLOCK_HEADER_SIZE, BlockView, DecodeError, equalHashes } from '@btcp2p/wire';
import { NodeError, systemErrorCode } from '../node-error.ts';
import { LmdbStore } from '../storage/kv/lmdb-store.ts';
import type { BlockFilterAnswer, TransactionAnswer } from './chain-messages.ts';
import type { Piecemeal } from './piecemeal.ts';

/** Core's names (index/txindex.cpp, index/blockfilterindex.cpp). */
const TX_INDEX = 'txindex';
const BLOCK_FILTER_INDEX = 'basic block filter index';

/** Milliseconds that changes wait at most until they are written. */
const COMMIT_INTERVAL_MS = 1_000;

/** Milliseconds between two lines of the log about indexes that are behind (Core `SYNC_LOG_INTERVAL`). */
const LOG_INTERVAL_MS = 30_000;

/** What {@link IndexStores} rests on. */
export interface IndexStoresOptions {
  /** Of the chain: it holds `indexes`. */
  readonly directory: string;
  readonly txIndex: boolean;
  readonly blockFilterIndex: boolean;
  /** Whether to begin anew (`-reindex`). */
  readonly wipe: boolean;
  readonly files: Pick<BlockFiles, 'readBlock'>;
  /** Stores for good where blocks are. */
  readonly saveBlocks: () => void;
  readonly log: (text: string, level?: 'info' | 'debug') => void;
}

/** The indexes that the user wants, in their databases. */
export class IndexStores {
  readonly #options: IndexStoresOptions;
  readonly #databases: LmdbStore[] = [];
  readonly #named: NamedIndex[] = [];
  readonly #txIndex: TxIndex | undefined;
  readonly #filterIndex: BlockFilterIndex | undefined;
  #chain: IndexedChain | undefined;
  #indexes: ChainIndexes | undefined;
  /** When changes were written last, in the clock of `performance`, and when the log was told. */
  #committedAt = 0;
  #loggedAt = performance.now();
  /** Those that the log has been told of. */
  readonly #enabled = new Set<string>();

  /** @throws NodeError, ChainstateError */
  constructor(options: IndexStoresOptions) {
    this.#options = options;
    const settings = { sha256d: nativeSha256d };
    if (options.txIndex) {
      const store = this.#open('txindex');
      this.#txIndex = new TxIndex(store, settings);
      this.#named.push({ name: TX_INDEX, index: this.#txIndex, store });
    }
    if (options.blockFilterIndex) {
      const store = this.#open('blockfilter', 'basic');
      this.#filterIndex = new BlockFilterIndex(store, settings);
      this.#named.push({ name: BLOCK_FILTER_INDEX, index: this.#filterIndex, store });
    }
  }

  /** From now on {@link connected} works. */
  attach(chain: IndexedChain): void {
    this.#chain = chain;
    const { log } = this.#options;
    this.#indexes = new ChainIndexes(chain, this.#named, (name, height) => {
      log(`${name} prune lock moved back to ${height}`, 'debug');
    });
  }

  /** The chain is loaded. */
  start(): void {
    this.#indexes!.start();
  }

  /**
   * The best chain is connected, and catching up is to begin.
   *
   * @throws NodeError if that cannot be
   */
  check(): void {
    const name = this.#indexes!.stuck();
    this.#logEnabled();
    if (name !== undefined) throw pruned(name);
  }

  /** The chain goes on with a block. */
  connected(block: ConnectedBlock): void {
    this.#indexes!.connected(block);
  }

  get isBehind(): boolean {
    return this.#named.length > 0 && this.#indexes!.isBehind;
  }

  /** Catches up, a block at a time. */
  *catchUp(): Piecemeal<void> {
    for (let done = this.#step(); !done; done = this.#step()) yield;
  }

  /** Which blocks must not be deleted yet. */
  pruneLock(): PruneLock | undefined {
    const oldest = this.#indexes!.oldest();
    if (oldest === undefined) return undefined;
    // What was said to be known must not be forgotten by a power cut once its blocks are gone.
    this.#indexes!.commit();
    for (const database of this.#databases) database.sync();
    return oldest;
  }

  /** @param now in the clock of `performance` */
  rest(now: number): void {
    if (this.#indexes!.isDirty && now - this.#committedAt >= COMMIT_INTERVAL_MS) {
      this.#committedAt = now;
      this.#indexes!.commit();
    }
  }

  /** Makes all last. */
  flush(): void {
    this.#indexes!.commit();
    for (const database of this.#databases) database.sync();
  }

  close(): void {
    for (const database of this.#databases) database.close();
  }

  summaries(): readonly IndexSummary[] {
    return this.#indexes!.summaries();
  }

  /** Looks for a transaction by its id, 32 bytes in wire order. */
  transaction(txid: Uint8Array): TransactionAnswer {
    if (this.#txIndex === undefined) return { status: 'no-index' };
    const found = this.#readTransaction(this.#txIndex, txid);
    if (found !== undefined) return found;
    return { status: this.#isSynced(TX_INDEX) ? 'not-found' : 'indexing' };
  }

  /** The filter of a block, if there is one. */
  blockFilter(block: BlockId): BlockFilterAnswer {
    const index = this.#filterIndex;
    if (index === undefined) return { status: 'no-index' };
    try {
      const entry = index.find(block);
      const filter = entry && index.filter(block);
      if (entry !== undefined && filter !== undefined) {
        return { status: 'found', filter, header: entry.header };
      }
    } catch (error) {
      if (!(error instanceof ChainstateError)) throw error;
      return { status: 'not-found' };
    }
    return { status: this.#isSynced(BLOCK_FILTER_INDEX) ? 'not-found' : 'indexing' };
  }

  /** What the filters of blocks are served from; undefined without that index. */
  get filters(): BlockFilterIndex | undefined {
    return this.#filterIndex;
  }

  #open(...names: readonly string[]): WriteBehindStore {
    const directory = join(this.#options.directory, 'indexes', ...names);
    if (this.#options.wipe) LmdbStore.remove(directory);
    mkdirSync(directory, { recursive: true });
    const database = LmdbStore.open(directory);
    this.#databases.push(database);
    return new WriteBehindStore(database, this.#options.saveBlocks);
  }

  #step(): boolean {
    const stepped = this.#indexes!.step();
    if (stepped?.step.status === 'missing') throw pruned(stepped.name);
    const now = performance.now();
    if (now - this.#loggedAt >= LOG_INTERVAL_MS) {
      this.#loggedAt = now;
      for (const { name, height, isSynced } of this.summaries()) {
        if (!isSynced) this.#options.log(`Syncing ${name} with block chain from height ${height ?? -1}`);
      }
    }
    if (stepped === undefined) this.#logEnabled();
    return stepped === undefined;
  }

  #logEnabled(): void {
    for (const { name, height, isSynced } of this.summaries()) {
      if (!isSynced || this.#enabled.has(name)) continue;
      this.#enabled.add(name);
      this.#options.log(`${name} is enabled at height ${height ?? -1}`);
    }
  }

  #isSynced(name: string): boolean {
    return this.summaries().some((each) => each.name === name && each.isSynced);
  }

  #readTransaction(
    index: TxIndex,
    txid: Uint8Array,
  ): Extract<TransactionAnswer, { status: 'found' }> | undefined {
    const at = index.find(txid);
    if (at === undefined) return undefined;
    try {
      const bytes = this.#options.files.readBlock(at);
      const entry = this.#chain!.headers.find(nativeSha256d(bytes.subarray(0, BLOCK_HEADER_SIZE)));
      const view = transactionAt(bytes, at.offset);
      if (entry === undefined || !equalHashes(view.txid(nativeSha256d), txid)) return undefined;
      return { status: 'found', entry, place: placeOf(bytes, at.offset), bytes: view.bytes.slice() };
    } catch (error) {
      // Where the block was there is something else, or nothing, which is Core's "not found" too.
      const isRead = error instanceof NodeError || systemErrorCode(error) !== undefined;
      if (isRead || error instanceof DecodeError) return undefined;
      throw error;
    }
  }
}

/** Which transaction of a block is at an offset from the end of its header. */
function placeOf(bytes: Uint8Array, offset: number): number {
  const block = BlockView.of(bytes);
  const start = bytes.byteOffset + BLOCK_HEADER_SIZE + offset;
  let place = 0;
  while (place < block.transactionCount && block.transactionBytes(place).byteOffset !== start) place++;
  return place;
}

/** Core's words (init.cpp `StartIndexBackgroundSync`). */
function pruned(name: string): NodeError {
  return new NodeError(
    'option',
    `${name} best block of the index goes beyond pruned data. Please disable the index or reindex ` +
      '(which will download the whole blockchain again)',
  );
}

