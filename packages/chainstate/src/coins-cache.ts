import type { OutPoint } from '@btcp2p/wire';
import type { Coin } from './coin.ts';
import { CoinsTable, DIRTY, FRESH, NONE, SPENT } from './coins-table.ts';
import type { CoinChange, CoinsView } from './coins-view.ts';
import { isUnspendable } from './script-compression.ts';

/** Options of a {@link CoinsCache}. */
export interface CoinsCacheOptions {
  /** 64 random bits, which make it unpredictable where a coin goes in the hash table. */
  readonly salt?: bigint;
  /**
   * Bytes of memory after which {@link CoinsCache.isLarge} says so. Default: 450 MiB, as Core's
   * `-dbcache` (`DEFAULT_DB_CACHE`, node/caches.h).
   */
  readonly maxBytes?: number;
}

/** What a cache itself holds of an outpoint, for tests and for the curious. */
export interface CoinsCacheEntry {
  /** Undefined if it was spent here. */
  readonly coin: Coin | undefined;
  /** Whether it may differ from what lies below, and so is written there. */
  readonly isDirty: boolean;
  /** Whether there is none below, so that once spent it can be forgotten. */
  readonly isFresh: boolean;
}

const DEFAULT_MAX_BYTES = 450 * 2 ** 20;

/**
 * Coins that were read or changed, on top of a view or of another cache (Core `CCoinsViewCache`,
 * coins.h). Changes stay here until {@link flush} or {@link sync} hands them down; dropping the cache
 * or {@link discard} forgets them. A block is connected in a cache of its own on top of the one that
 * lasts, so that a block that fails leaves no trace.
 *
 * Specification: an entry is clean (as below), dirty (perhaps not as below), or dirty and fresh (there
 * is none below). A fresh coin that is spent is forgotten, and never was. Whoever adds a coin says
 * whether there may be one already, since only then can it not be fresh.
 * Rationale: most coins are spent soon after they were made, and those never reach the disk.
 *
 * While another cache on top of it holds entries, a cache may be flushed or synced, not changed.
 */
export class CoinsCache {
  readonly #base: CoinsView | CoinsCache;
  readonly #table: CoinsTable;
  #maxBytes: number;
  #bestBlock: Uint8Array | undefined;

  constructor(base: CoinsView | CoinsCache, options: CoinsCacheOptions = {}) {
    this.#base = base;
    this.#table = new CoinsTable(options.salt ?? 0n);
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Entries, spent ones that are still to be told included. */
  get size(): number {
    return this.#table.size;
  }

  /** Bytes of memory that the entries take. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** The bytes that they may take. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
  }

  /** Whether that is more than `maxBytes`, so that it is time to {@link flush}. */
  get isLarge(): boolean {
    return this.byteLength > this.#maxBytes;
  }

  bestBlock(): Uint8Array {
    this.#bestBlock ??= this.#base.bestBlock();
    return this.#bestBlock;
  }

  /** Says which block these coins are of: 32 bytes in wire order, copied. */
  setBestBlock(hash: Uint8Array): void {
    this.#bestBlock = hash.slice();
  }

  /** The coin of an outpoint, a copy, or undefined if there is none or it is spent. */
  getCoin({ txid, index }: OutPoint): Coin | undefined {
    const ref = this.#fetch(txid, index);
    return ref === NONE || this.#table.hasFlag(ref, SPENT) ? undefined : this.#table.coin(ref);
  }

  getCoins(outpoints: readonly OutPoint[]): (Coin | undefined)[] {
    this.prefetch(outpoints);
    return outpoints.map((outpoint) => this.getCoin(outpoint));
  }

  /** Whether there is such a coin. */
  hasCoin({ txid, index }: OutPoint): boolean {
    const ref = this.#fetch(txid, index);
    return ref !== NONE && !this.#table.hasFlag(ref, SPENT);
  }

  /** The same without looking below. */
  hasCoinInCache({ txid, index }: OutPoint): boolean {
    const ref = this.#table.find(txid, index);
    return ref !== NONE && !this.#table.hasFlag(ref, SPENT);
  }

  /** What this cache itself holds of an outpoint. Changes nothing. */
  entry({ txid, index }: OutPoint): CoinsCacheEntry | undefined {
    const table = this.#table;
    const ref = table.find(txid, index);
    if (ref === NONE) return undefined;
    return {
      coin: table.hasFlag(ref, SPENT) ? undefined : table.coin(ref),
      isDirty: table.hasFlag(ref, DIRTY),
      isFresh: table.hasFlag(ref, FRESH),
    };
  }

  /** Reads the coins that it does not have from below, all at once: those that a block spends. */
  prefetch(outpoints: readonly OutPoint[]): void {
    const missing = outpoints.filter(({ txid, index }) => this.#table.find(txid, index) === NONE);
    if (missing.length === 0) return;
    if (this.#base instanceof CoinsCache) {
      this.#base.prefetch(missing);
      return;
    }
    for (const [i, coin] of this.#base.getCoins(missing).entries()) {
      const { txid, index } = missing[i]!;
      // The same outpoint may have been asked for twice.
      if (coin !== undefined && this.#table.find(txid, index) === NONE) {
        this.#table.insert(txid, index, coin);
      }
    }
  }

  /**
   * Adds a coin, unless nobody can ever spend it. What is given is copied.
   *
   * @param possibleOverwrite whether there may be an unspent coin already, which it replaces
   * @throws Error if there is one although there must not be
   */
  addCoin({ txid, index }: OutPoint, coin: Coin, possibleOverwrite: boolean): void {
    if (isUnspendable(coin.scriptPubKey)) return;
    const table = this.#table;
    let ref = table.find(txid, index);
    let isFresh = !possibleOverwrite;
    if (ref === NONE) {
      ref = table.insert(txid, index, coin);
    } else {
      if (!possibleOverwrite && !table.hasFlag(ref, SPENT)) {
        throw new Error('a coin was added where there is one');
      }
      // A coin that was spent here exists below until that is told, so its successor is not fresh.
      isFresh &&= !table.hasFlag(ref, DIRTY);
      ref = table.replace(ref, coin);
    }
    table.setFlag(ref, DIRTY);
    if (isFresh) table.setFlag(ref, FRESH);
  }

  /** Spends a coin. Returns whether there was one. */
  spendCoin({ txid, index }: OutPoint): boolean {
    const table = this.#table;
    const ref = this.#fetch(txid, index);
    if (ref === NONE || table.hasFlag(ref, SPENT)) return false;
    if (table.hasFlag(ref, FRESH)) {
      table.erase(ref);
    } else {
      table.setFlag(ref, DIRTY);
      table.setFlag(ref, SPENT);
    }
    return true;
  }

  /** Forgets a coin that is as below, to save memory. */
  uncache({ txid, index }: OutPoint): void {
    const ref = this.#table.find(txid, index);
    if (ref !== NONE && !this.#table.hasFlag(ref, DIRTY)) this.#table.erase(ref);
  }

  /** Hands all changes down and forgets everything. If that throws, all is as before. */
  flush(): void {
    this.#handDown();
    this.#table.clear();
  }

  /** Hands all changes down and keeps the coins. If that throws, all is as before. */
  sync(): void {
    this.#handDown();
    this.#table.settle();
  }

  /** Forgets everything, changes included. */
  discard(): void {
    this.#table.clear();
    this.#bestBlock = undefined;
  }

  /** @throws Error if entries contradict one another or their count: a bug, not a matter of data */
  assertConsistent(): void {
    const table = this.#table;
    let count = 0;
    let dirty = 0;
    for (const ref of table.records()) {
      const { txid, index } = table.outpoint(ref);
      if (table.find(txid, index) !== ref) throw new Error('an entry that is not found');
      const isDirty = table.hasFlag(ref, DIRTY);
      if (table.hasFlag(ref, FRESH) && !isDirty) throw new Error('fresh and not dirty');
      if (table.hasFlag(ref, SPENT) && (!isDirty || table.hasFlag(ref, FRESH))) {
        throw new Error('spent, and fresh or not dirty');
      }
      count++;
      if (isDirty) dirty++;
    }
    if (count !== table.size) throw new Error(`${count} entries, not ${table.size}`);
    const listed = new Set(table.dirty());
    if (listed.size !== dirty || [...table.dirty()].length !== dirty) {
      throw new Error(`${dirty} dirty entries, not ${listed.size}`);
    }
  }

  /** The record of an outpoint, read from below if it is not here. */
  #fetch(txid: Uint8Array, index: number): number {
    const ref = this.#table.find(txid, index);
    if (ref !== NONE) return ref;
    const base = this.#base;
    if (base instanceof CoinsCache) {
      const from = base.#fetch(txid, index);
      if (from === NONE || base.#table.hasFlag(from, SPENT)) return NONE;
      return this.#table.insertCopy(base.#table, from);
    }
    const coin = base.getCoin({ txid, index });
    return coin === undefined ? NONE : this.#table.insert(txid, index, coin);
  }

  #handDown(): void {
    const bestBlock = this.bestBlock();
    if (this.#base instanceof CoinsCache) {
      this.#base.#absorb(this.#table);
      this.#base.setBestBlock(bestBlock);
    } else {
      this.#base.write(this.#changes(), bestBlock);
    }
  }

  *#changes(): Generator<CoinChange, void, undefined> {
    const table = this.#table;
    for (const ref of table.sortedDirty()) {
      const coin = table.hasFlag(ref, SPENT) ? undefined : table.coin(ref);
      yield { outpoint: table.outpoint(ref), coin };
    }
  }

  /** Takes the changes of a cache on top of this one. */
  #absorb(child: CoinsTable): void {
    const table = this.#table;
    for (const from of child.dirty()) {
      const { txid, index } = child.outpoint(from);
      const isSpent = child.hasFlag(from, SPENT);
      const isFresh = child.hasFlag(from, FRESH);
      let ref = table.find(txid, index);
      if (ref === NONE) {
        ref = table.insertCopy(child, from);
        table.setFlag(ref, DIRTY);
        if (isSpent) table.setFlag(ref, SPENT);
        // Else it may have been handed down from here already, and exist below.
        if (isFresh) table.setFlag(ref, FRESH);
      } else if (isFresh && !table.hasFlag(ref, SPENT)) {
        throw new Error('a coin that was to be fresh exists below');
      } else if (isSpent && table.hasFlag(ref, FRESH)) {
        table.erase(ref);
      } else if (isSpent) {
        table.setFlag(ref, DIRTY);
        table.setFlag(ref, SPENT);
      } else {
        // Not fresh even if it was so above: here it may be spent, and that still to be told.
        table.setFlag(table.replaceByCopy(ref, child, from), DIRTY);
      }
    }
  }
}
