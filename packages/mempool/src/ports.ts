import type { ScriptError, ScriptVerifyFlags } from '@btcp2p/script';
import type { OutPoint, Transaction, TxOut } from '@btcp2p/wire';

/** An output that can be spent, and what it is of (Core `Coin`, coins.h). */
export interface MempoolCoin extends TxOut {
  /** Of the block that created it. */
  readonly height: number;
  readonly isCoinbase: boolean;
}

/** The coins of the tip: the `CoinsCache` of `@btcp2p/chainstate` is one. */
export interface TipCoins {
  getCoin(outpoint: OutPoint): MempoolCoin | undefined;
  /** Whether there is such a coin, as far as that is in memory. */
  hasCoinInCache(outpoint: OutPoint): boolean;
  /** Forgets a coin that had to be read for a transaction that was refused. */
  uncache(outpoint: OutPoint): void;
}

/** The chain that the next block is to stand on. */
export interface MempoolChain {
  /** Of the tip. */
  readonly height: number;
  /** Of the tip, Unix seconds. */
  readonly medianTimePast: number;
  /** Of the block at a height of its chain. */
  readonly medianTimePastAt: (height: number) => number;
  readonly coins: TipCoins;
}

/** An input whose scripts do not let it spend its output. */
export interface ScriptFailure {
  readonly inputIndex: number;
  readonly error: ScriptError;
}

/**
 * Runs the scripts of all inputs, and says which one failed first.
 *
 * @param spentOutputs one for each input, in order
 */
export type VerifyScripts = (
  transaction: Transaction,
  spentOutputs: readonly TxOut[],
  flags: ScriptVerifyFlags,
) => ScriptFailure | undefined;
