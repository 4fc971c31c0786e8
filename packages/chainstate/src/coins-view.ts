import type { OutPoint } from '@btcp2p/wire';
import type { Coin } from './coin.ts';

/** What a cache of coins stands on (Core `CCoinsView`, coins.h). */
export interface CoinsView {
  /** The coin of an outpoint, or undefined if there is none or it is spent. */
  getCoin(outpoint: OutPoint): Coin | undefined;
  /** The same of many outpoints, in their order. */
  getCoins(outpoints: readonly OutPoint[]): (Coin | undefined)[];
  /** The block whose coins these are: 32 bytes in wire order, all 0 before the first. */
  bestBlock(): Uint8Array;
  /**
   * Applies changes, and makes `bestBlock` the block whose coins these are then. The changes are
   * read once, and what they hold is lent until the next one is read.
   */
  write(changes: Iterable<CoinChange>, bestBlock: Uint8Array): void;
}

/** A coin that came, or changed, or was spent. */
export interface CoinChange {
  readonly outpoint: OutPoint;
  /** Undefined if it was spent. */
  readonly coin: Coin | undefined;
}
