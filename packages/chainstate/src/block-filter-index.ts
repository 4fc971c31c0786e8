import { basicFilter, filterHash, filterHeader, NO_FILTER_HEADER } from '@btcp2p/bip158';
import { CFCHECKPT_INTERVAL, equalHashes, sha256d, type BlockView, type Sha256d } from '@btcp2p/wire';
import {
  blockIdBytes, checkFollows, hashesOf, hashKey, heightKey, parseBlockId,
  type BlockId, type ChainIndex, type ChainReader, type MissingData,
} from './chain-index.ts';
import { ChainstateError } from './chainstate-error.ts';
import type { KeyValueStore } from './ports.ts';
import type { BlockUndo } from './undo.ts';

/** Key of the last block, `B` (Core `DB_BEST_BLOCK`, index/base.cpp, which has a locator there). */
const DB_BEST_BLOCK = Uint8Array.of(0x42);
/** First byte of the key of a height, `t` (Core `DB_BLOCK_HEIGHT`, index/blockfilterindex.cpp). */
const DB_BLOCK_HEIGHT = 0x74;
/** First byte of the key of a block that was taken off, `s` (Core `DB_BLOCK_HASH`). */
const DB_BLOCK_HASH = 0x73;
/** First byte of a filter's key, `f`. Core has filters in files. */
const DB_FILTER = 0x66;

const NO_UNDO: BlockUndo = { transactions: [] };

/** What is known of a block's filter. Hashes have 32 bytes in wire order. */
export interface BlockFilterEntry {
  readonly blockHash: Uint8Array;
  readonly filterHash: Uint8Array;
  /** The filter header (BIP 157). */
  readonly header: Uint8Array;
}

/** A block's filter. */
export interface StoredBlockFilter {
  readonly blockHash: Uint8Array;
  /** As `cfilter` has it. */
  readonly filter: Uint8Array;
}

/** A block with what {@link BlockFilterIndex} takes of it. */
export interface BlockFilterIndexBlock extends BlockId {
  readonly block: BlockView;
  readonly undo: BlockUndo;
}

/** A block that was taken off, and the one before it. */
interface StaleEntry extends BlockFilterEntry {
  readonly prevBlockHash: Uint8Array;
}

/** What a block is reached by: those that were taken off, last first, and how many others are below. */
interface Branch {
  readonly stale: readonly StaleEntry[];
  /** Blocks that the index stands on, from the genesis block to where the stale ones begin. */
  readonly common: number;
}

/**
 * The basic filters of all blocks that the chain has had (BIP 157, BIP 158; Core `BlockFilterIndex`,
 * index/blockfilterindex.cpp), with their hashes and headers.
 *
 * Specification: a block is one batch, with the record of the last block. Under `t` and the height,
 * 32 bits big-endian, are block hash, filter hash and filter header of each block up to the last; under
 * `s` and the block's hash are the hash of the block before, filter hash and filter header of those
 * that were taken off. Under `f`, height and block hash is the filter, which stays.
 * Rationale: as in Core, but filters are in the store itself and not in files beside it, so that
 * nothing can be out of step. They have keys of their own: who asks for 2,000 hashes does not read
 * 2,000 filters. With the height in front, they are written and served in the order of the keys.
 */
export class BlockFilterIndex implements ChainIndex {
  readonly #store: KeyValueStore;
  readonly #sha256d: Sha256d;
  #best: BlockId | undefined;
  /** The filter header of the last block. */
  #header: Uint8Array;

  /** @throws ChainstateError if the record of the last block is broken */
  constructor(store: KeyValueStore, options: { readonly sha256d?: Sha256d } = {}) {
    this.#store = store;
    this.#sha256d = options.sha256d ?? sha256d;
    const best = store.get(DB_BEST_BLOCK);
    this.#best = best === undefined ? undefined : parseBlockId(best);
    this.#header = this.#best === undefined ? NO_FILTER_HEADER : this.#at(this.#best.height).header;
  }

  bestBlock(): BlockId | undefined {
    return this.#best;
  }

  /** @throws Error if it does not follow on the last block */
  connect({ hash, height, block, undo }: BlockFilterIndexBlock): void {
    checkFollows(this.#best, { hash, height }, block.header.prevBlockHash);
    const best = { hash: hash.slice(), height };
    const filter = basicFilter(block, spentScripts(undo), hash).bytes;
    const ofFilter = filterHash(filter, this.#sha256d);
    const header = filterHeader(ofFilter, this.#header, this.#sha256d);
    this.#store.write([
      { key: filterKey(best), value: filter },
      { key: heightKey(DB_BLOCK_HEIGHT, height), value: joined(hash, ofFilter, header) },
      { key: hashKey(DB_BLOCK_HASH, hash), value: undefined },
      { key: DB_BEST_BLOCK, value: blockIdBytes(best) },
    ]);
    this.#best = best;
    this.#header = header;
  }

  connectFrom(chain: ChainReader, id: BlockId): MissingData | undefined {
    const block = chain.block(id.hash);
    if (block === undefined) return 'block';
    const undo = id.height === 0 ? NO_UNDO : chain.undo(id.hash);
    if (undo === undefined) return 'undo';
    this.connect({ ...id, block, undo });
    return undefined;
  }

  /** What is known of the block stays, under its hash. @throws ChainstateError if that is broken */
  disconnect(): void {
    if (this.#best === undefined) return;
    const { height } = this.#best;
    const { blockHash, filterHash: ofFilter, header } = this.#at(height);
    const before = height === 0 ? undefined : this.#at(height - 1);
    const best = before && { hash: before.blockHash, height: height - 1 };
    const previous = before?.blockHash ?? new Uint8Array(32);
    this.#store.write([
      { key: hashKey(DB_BLOCK_HASH, blockHash), value: joined(previous, ofFilter, header) },
      { key: heightKey(DB_BLOCK_HEIGHT, height), value: undefined },
      { key: DB_BEST_BLOCK, value: best && blockIdBytes(best) },
    ]);
    this.#best = best;
    this.#header = before?.header ?? NO_FILTER_HEADER;
  }

  /**
   * Filter hash and header of a block that is, or was, of the chain; undefined if the index does not
   * have it.
   */
  find(block: BlockId): BlockFilterEntry | undefined {
    const active = this.#activeAt(block.height);
    if (active !== undefined && equalHashes(active.blockHash, block.hash)) return active;
    return this.#staleOf(block.hash);
  }

  /**
   * A block's filter; undefined if the index does not have it.
   *
   * @throws ChainstateError if it is not what was stored
   */
  filter(block: BlockId): Uint8Array | undefined {
    const entry = this.find(block);
    return entry && this.#filterOf(block.height, entry);
  }

  /**
   * Of the blocks from a height up to `stop`, in ascending order: `cfheaders` is made of it, with the
   * header of the block before. `stop` may be a block that was taken off. Undefined if the index does
   * not have it, or if it is below that height. The caller sees to it that it is not too many.
   */
  range(startHeight: number, stop: BlockId): BlockFilterEntry[] | undefined {
    const branch = this.#branch(stop);
    if (branch === undefined || startHeight > stop.height) return undefined;
    const { stale, common } = branch;
    const from = heightKey(DB_BLOCK_HEIGHT, startHeight);
    const to = heightKey(DB_BLOCK_HEIGHT, Math.max(common, startHeight));
    const entries = Array.from(this.#store.entries(from, to), ({ value }) => parseActive(value));
    const above = stale.slice(0, stop.height - startHeight + 1).toReversed();
    if (entries.length + above.length !== stop.height - startHeight + 1) throw lost(startHeight);
    return [...entries, ...above];
  }

  /**
   * The filters of the same blocks, each read when it is its turn: what follows `getcfilters`. The
   * index may change meanwhile.
   *
   * @throws ChainstateError while they are read, if one is not what was stored
   */
  filters(startHeight: number, stop: BlockId): Iterable<StoredBlockFilter> | undefined {
    const entries = this.range(startHeight, stop);
    return entries && this.#filtersOf(startHeight, entries);
  }

  /**
   * The filter headers of `cfcheckpt`: of each block at a multiple of the interval, from the first such
   * after the genesis block up to `stop` (BIP 157). Undefined if the index does not have `stop`.
   */
  checkpoints(stop: BlockId, interval: number = CFCHECKPT_INTERVAL): Uint8Array[] | undefined {
    const branch = this.#branch(stop);
    if (branch === undefined) return undefined;
    const heights = Array.from(
      { length: Math.floor(stop.height / interval) },
      (_, i) => interval * (i + 1),
    );
    const keys = heights.filter((height) => height < branch.common).map(
      (height) => heightKey(DB_BLOCK_HEIGHT, height),
    );
    const active = this.#store.getMany(keys).map((value, i) => {
      if (value === undefined) throw lost(heights[i]!);
      return parseActive(value).header;
    });
    const stale = heights.slice(keys.length).map(
      (height) => branch.stale[stop.height - height]!.header,
    );
    return [...active, ...stale];
  }

  *#filtersOf(
    startHeight: number,
    entries: readonly BlockFilterEntry[],
  ): Generator<StoredBlockFilter, void, undefined> {
    for (const [i, entry] of entries.entries()) {
      yield { blockHash: entry.blockHash, filter: this.#filterOf(startHeight + i, entry) };
    }
  }

  #filterOf(height: number, { blockHash, filterHash: expected }: BlockFilterEntry): Uint8Array {
    const filter = this.#store.get(filterKey({ hash: blockHash, height }));
    // Whoever is sent another filter takes us for a liar.
    if (filter === undefined || !equalHashes(filterHash(filter, this.#sha256d), expected)) {
      throw lost(height);
    }
    return filter;
  }

  /** How a block is reached; undefined if the index does not have it. */
  #branch(stop: BlockId): Branch | undefined {
    const stale: StaleEntry[] = [];
    let { hash } = stop;
    for (let { height } = stop; height >= 0; height--) {
      const active = this.#activeAt(height);
      if (active !== undefined && equalHashes(active.blockHash, hash)) {
        return { stale, common: height + 1 };
      }
      const entry = this.#staleOf(hash);
      if (entry === undefined) return undefined;
      stale.push(entry);
      hash = entry.prevBlockHash;
    }
    return { stale, common: 0 };
  }

  #activeAt(height: number): BlockFilterEntry | undefined {
    const value = this.#store.get(heightKey(DB_BLOCK_HEIGHT, height));
    return value && parseActive(value);
  }

  #at(height: number): BlockFilterEntry {
    const entry = this.#activeAt(height);
    if (entry === undefined) throw lost(height);
    return entry;
  }

  #staleOf(blockHash: Uint8Array): StaleEntry | undefined {
    const value = this.#store.get(hashKey(DB_BLOCK_HASH, blockHash));
    if (value === undefined) return undefined;
    const [prevBlockHash, ofFilter, header] = hashesOf(value, 3);
    return { blockHash, prevBlockHash: prevBlockHash!, filterHash: ofFilter!, header: header! };
  }
}

function parseActive(value: Uint8Array): BlockFilterEntry {
  const [blockHash, ofFilter, header] = hashesOf(value, 3);
  return { blockHash: blockHash!, filterHash: ofFilter!, header: header! };
}

function lost(height: number): ChainstateError {
  const message = `the block filter index has lost what it had of a block of height ${height}`;
  return new ChainstateError('corrupt', message);
}

function* spentScripts({ transactions }: BlockUndo): Generator<Uint8Array, void, undefined> {
  for (const { prevouts } of transactions) {
    for (const { scriptPubKey } of prevouts) yield scriptPubKey;
  }
}

function filterKey({ hash, height }: BlockId): Uint8Array {
  return Uint8Array.of(DB_FILTER, ...blockIdBytes({ hash, height }));
}

function joined(...hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(32 * hashes.length);
  for (const [i, hash] of hashes.entries()) bytes.set(hash, 32 * i);
  return bytes;
}
