import { decode, encode, type Codec, type OutPoint } from '@btcp2p/wire';
import { coinCodec, coinKey, DB_COIN, parseCoinKey, type Coin } from './coin.ts';
import type { CoinChange, CoinsView } from './coins-view.ts';
import type { KeyValueChange, KeyValueEntry, KeyValueStore } from './ports.ts';
import type { DecompressPublicKey } from './secp256k1.ts';

/** Key of the best block's hash, `B` (Core `DB_BEST_BLOCK`, txdb.cpp). */
const DB_BEST_BLOCK = Uint8Array.of(0x42);
/** Key of the two blocks between which a write is under way, `H` (Core `DB_HEAD_BLOCKS`). */
const DB_HEAD_BLOCKS = Uint8Array.of(0x48);

const NO_BLOCK = new Uint8Array(32);

/** Options of a {@link CoinsStore}. */
export interface CoinsStoreOptions {
  /**
   * Bytes of keys and values after which a batch is written and another begun. Default: 32 MiB, as
   * in Core (`DEFAULT_DB_CACHE_BATCH`, kernel/caches.h). `Infinity` makes each write one batch, for
   * stores to which large ones are no burden.
   */
  readonly batchBytes?: number;
  /** For scripts with an uncompressed public key; the default is slow. */
  readonly decompressPublicKey?: DecompressPublicKey;
}

/** A write that did not end: from the coins of one block to those of another. */
export interface HeadBlocks {
  /** Hash of the block whose coins were to be there, 32 bytes in wire order. */
  readonly newTip: Uint8Array;
  /** Hash of the one whose coins were there; all 0 if there were none. */
  readonly oldTip: Uint8Array;
}

/** A coin and where it is. */
export interface CoinEntry {
  readonly outpoint: OutPoint;
  readonly coin: Coin;
}

/**
 * All coins in a {@link KeyValueStore}, under the keys and in the format of Core's chainstate database
 * (txdb.cpp), but without its obfuscation.
 *
 * Specification: a write is split into batches. The first removes the best block and records the old
 * and the new one; the last does the reverse. So a store whose process died in between says so
 * ({@link headBlocks}): it has some of the changes, and whoever opens it brings in the blocks from the
 * old to the new tip with `replayBlock`.
 * Rationale: a cache of gigabytes need not exist a second time as one batch.
 */
export class CoinsStore implements CoinsView {
  readonly #store: KeyValueStore;
  readonly #batchBytes: number;
  readonly #coin: Codec<Coin>;

  constructor(store: KeyValueStore, options: CoinsStoreOptions = {}) {
    this.#store = store;
    this.#batchBytes = options.batchBytes ?? 32 * 2 ** 20;
    this.#coin = coinCodec(options.decompressPublicKey);
  }

  /** @throws DecodeError if the store has what is no coin */
  getCoin(outpoint: OutPoint): Coin | undefined {
    return this.#decode(this.#store.get(coinKey(outpoint)));
  }

  /** @throws DecodeError if the store has what is no coin */
  getCoins(outpoints: readonly OutPoint[]): (Coin | undefined)[] {
    return this.#store.getMany(outpoints.map(coinKey)).map((value) => this.#decode(value));
  }

  bestBlock(): Uint8Array {
    return this.#store.get(DB_BEST_BLOCK) ?? NO_BLOCK;
  }

  /** The write that did not end, or undefined if all is well. */
  headBlocks(): HeadBlocks | undefined {
    const value = this.#store.get(DB_HEAD_BLOCKS);
    // A list of two hashes: its length in one byte comes first.
    if (value?.length !== 65) return undefined;
    return { newTip: value.slice(1, 33), oldTip: value.slice(33) };
  }

  /** @throws Error if a write that did not end was to another block */
  write(changes: Iterable<CoinChange>, bestBlock: Uint8Array): void {
    const heads = new Uint8Array(65);
    heads[0] = 2;
    heads.set(bestBlock, 1);
    heads.set(this.#oldTip(bestBlock), 33);
    let batch: KeyValueChange[] = [
      { key: DB_BEST_BLOCK, value: undefined },
      { key: DB_HEAD_BLOCKS, value: heads },
    ];
    let bytes = 0;
    for (const { outpoint, coin } of changes) {
      const key = coinKey(outpoint);
      const value = coin === undefined ? undefined : encode(this.#coin, coin);
      batch.push({ key, value });
      bytes += key.length + (value?.length ?? 0);
      if (bytes <= this.#batchBytes) continue;
      this.#store.write(batch);
      batch = [];
      bytes = 0;
    }
    batch.push({ key: DB_HEAD_BLOCKS, value: undefined }, { key: DB_BEST_BLOCK, value: bestBlock });
    this.#store.write(batch);
  }

  /**
   * All coins in the order of their keys: by txid, and within one nearly by index (a VARINT of three
   * bytes sorts before some of two). They are those at the call, whatever is written later.
   *
   * @throws DecodeError while they are read, if the store has what is no coin
   */
  coins(): Iterable<CoinEntry> {
    const range = this.#store.entries(Uint8Array.of(DB_COIN), Uint8Array.of(DB_COIN + 1));
    return this.#decodeAll(range);
  }

  *#decodeAll(range: Iterable<KeyValueEntry>): Generator<CoinEntry, void, undefined> {
    for (const { key, value } of range) {
      yield { outpoint: parseCoinKey(key), coin: decode(this.#coin, value) };
    }
  }

  #oldTip(newTip: Uint8Array): Uint8Array {
    const heads = this.headBlocks();
    if (heads === undefined) return this.bestBlock();
    if (heads.newTip.some((byte, i) => byte !== newTip[i])) {
      throw new Error('a write that did not end was to another block');
    }
    return heads.oldTip;
  }

  #decode(value: Uint8Array | undefined): Coin | undefined {
    return value === undefined ? undefined : decode(this.#coin, value);
  }
}
