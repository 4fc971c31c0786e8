import { sha256 } from '@noble/hashes/sha2.js';
import { equalHashes, varBytesSize, Writer, type OutPoint } from '@btcp2p/wire';
import { coinCode, type Coin } from './coin.ts';
import type { CoinEntry } from './coins-store.ts';
import type { MuHash3072 } from './muhash.ts';

/**
 * A coin as the hashes of coin sets take it (Core `TxOutSer`, kernel/coinstats.cpp): txid, index (4
 * bytes), twice the height plus the coinbase bit (4 bytes), amount (8 bytes), script with its
 * CompactSize.
 */
export function coinHashBytes({ txid, index }: OutPoint, coin: Coin): Uint8Array {
  const bytes = new Uint8Array(48 + varBytesSize(coin.scriptPubKey));
  const writer = new Writer(bytes);
  writer.hash(txid);
  writer.u32(index);
  writer.u32(coinCode(coin));
  writer.i64(coin.value);
  writer.varBytes(coin.scriptPubKey);
  return bytes;
}

/** A coin's share of the size of a set, whatever the database (Core `GetBogoSize`). */
export function bogoSize({ scriptPubKey }: Coin): number {
  return 32 + 4 + 4 + 8 + 2 + scriptPubKey.length;
}

/** The numbers of `gettxoutsetinfo`. */
export interface CoinStatsTotals {
  /** Transactions with coins. */
  readonly transactions: number;
  /** Coins. */
  readonly txouts: number;
  /** Bytes, in a measure of their own. */
  readonly bogosize: number;
  /** Satoshis. */
  readonly totalAmount: bigint;
}

/** SHA-256 in parts. */
export interface StreamingSha256 {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** Options of {@link CoinStats}: which hashes are wanted, since each takes its time. */
export interface CoinStatsOptions {
  /** For `hash_serialized_3`: a fresh SHA-256, or true for noble's. */
  readonly serialized?: true | StreamingSha256;
  /** For `muhash`: an empty set, or that of earlier coins, which the new ones are added to. */
  readonly muhash?: MuHash3072;
}

/**
 * Totals and hashes of a set of coins that come in the order of their keys, as `CoinsStore.coins` has
 * them (Core `ComputeUTXOStats`, kernel/coinstats.cpp).
 */
export class CoinStats {
  readonly #serialized: StreamingSha256 | undefined;
  readonly #muhash: MuHash3072 | undefined;
  /** The coins of one transaction. */
  #pending: CoinEntry[] = [];
  #transactions = 0;
  #txouts = 0;
  #bogosize = 0;
  #totalAmount = 0n;

  constructor({ serialized, muhash }: CoinStatsOptions = {}) {
    this.#serialized = serialized === true ? sha256.create() : serialized;
    this.#muhash = muhash;
  }

  /** The next coin. */
  add(entry: CoinEntry): void {
    const [last] = this.#pending;
    if (last !== undefined && !equalHashes(last.outpoint.txid, entry.outpoint.txid)) this.#take();
    this.#pending.push(entry);
  }

  /** What the coins so far come to. */
  totals(): CoinStatsTotals {
    this.#take();
    return {
      transactions: this.#transactions,
      txouts: this.#txouts,
      bogosize: this.#bogosize,
      totalAmount: this.#totalAmount,
    };
  }

  /**
   * `hash_serialized_3` of all coins, 32 bytes; call it once, at the end.
   *
   * @throws Error if it was not asked for
   */
  hashSerialized3(): Uint8Array {
    if (this.#serialized === undefined) throw new Error('hash_serialized_3 was not asked for');
    this.#take();
    return sha256(this.#serialized.digest());
  }

  /**
   * `muhash` of all coins so far, 32 bytes.
   *
   * @throws Error if it was not asked for
   */
  muhash(): Uint8Array {
    if (this.#muhash === undefined) throw new Error('muhash was not asked for');
    this.#take();
    return this.#muhash.digest();
  }

  /** Takes in the coins of a transaction, by index: their keys are in another order. */
  #take(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    pending.sort((a, b) => a.outpoint.index - b.outpoint.index);
    this.#transactions++;
    for (const { outpoint, coin } of pending) {
      this.#txouts++;
      this.#bogosize += bogoSize(coin);
      this.#totalAmount += coin.value;
      if (this.#serialized === undefined && this.#muhash === undefined) continue;
      const bytes = coinHashBytes(outpoint, coin);
      this.#serialized?.update(bytes);
      this.#muhash?.insert(bytes);
    }
  }
}
