import { isBip30Unspendable } from '@btcp2p/consensus';
import {
  MAX_BLOCK_WEIGHT,
  WITNESS_SCALE_FACTOR,
  type BlockView,
  type OutPoint,
  type Transaction,
} from '@btcp2p/wire';
import { equalOutputs, type Coin } from './coin.ts';
import type { CoinsCache } from './coins-cache.ts';
import { isUnspendable } from './script-compression.ts';
import type { BlockUndo } from './undo.ts';

/** Bytes of an output without a script: amount and length. */
const MIN_OUTPUT_SIZE = 9;
/** Core `MAX_OUTPUTS_PER_BLOCK` (coins.cpp). */
const MAX_OUTPUTS_PER_BLOCK = Math.floor(MAX_BLOCK_WEIGHT / (WITNESS_SCALE_FACTOR * MIN_OUTPUT_SIZE));

/**
 * What came of disconnecting a block (Core `DisconnectResult`, validation.h).
 *
 * - `ok`: the coins are those of its parent
 * - `unclean`: it was undone, but something was not as the block had left it
 * - `failed`: the undo data do not fit the block; the cache is to be discarded
 */
export type DisconnectResult = 'ok' | 'unclean' | 'failed';

/**
 * Removes what a block created and restores what it spent, in a cache that stands at it (Core
 * `DisconnectBlock`, validation.cpp). The cache then stands at its parent.
 */
export function disconnectBlock(
  block: BlockView,
  undo: BlockUndo,
  coins: CoinsCache,
  options: {
    /** 32 bytes in wire order. */
    readonly hash: Uint8Array;
    readonly height: number;
    /** All txids, 32 bytes each in wire order, if the caller has them. */
    readonly txids?: readonly Uint8Array[];
  },
): DisconnectResult {
  const { hash, height, txids = block.txids() } = options;
  if (undo.transactions.length + 1 !== block.transactionCount) return 'failed';
  const transactions = block.transactions();
  let isClean = true;
  for (let i = transactions.length - 1; i >= 0; i--) {
    const transaction = transactions[i]!;
    const isCoinbase = i === 0;
    const asLeft = removeOutputs(transaction, txids[i]!, coins, { height, isCoinbase });
    isClean &&= asLeft || (isCoinbase && isBip30Unspendable(height, hash));
    if (isCoinbase) continue;
    const restored = restoreInputs(transaction, undo.transactions[i - 1]!.prevouts, coins);
    if (restored === 'failed') return 'failed';
    isClean &&= restored === 'ok';
  }
  coins.setBestBlock(block.header.prevBlockHash);
  return isClean ? 'ok' : 'unclean';
}

/** Whether all outputs were there as the transaction made them. */
function removeOutputs(
  { outputs }: Transaction,
  txid: Uint8Array,
  coins: CoinsCache,
  origin: { readonly height: number; readonly isCoinbase: boolean },
): boolean {
  let asLeft = true;
  for (const [index, output] of outputs.entries()) {
    if (isUnspendable(output.scriptPubKey)) continue;
    const coin = coins.getCoin({ txid, index });
    coins.spendCoin({ txid, index });
    asLeft &&=
      coin !== undefined &&
      coin.height === origin.height &&
      coin.isCoinbase === origin.isCoinbase &&
      equalOutputs(coin, output);
  }
  return asLeft;
}

function restoreInputs(
  { inputs }: Transaction,
  prevouts: readonly Coin[],
  coins: CoinsCache,
): DisconnectResult {
  if (prevouts.length !== inputs.length) return 'failed';
  let isClean = true;
  for (let i = inputs.length - 1; i >= 0; i--) {
    const { prevout } = inputs[i]!;
    const isThere = coins.hasCoin(prevout);
    const coin = withOrigin(prevouts[i]!, prevout, coins);
    if (coin === undefined) return 'failed';
    coins.addCoin(prevout, coin, isThere);
    isClean &&= !isThere;
  }
  return isClean ? 'ok' : 'unclean';
}

/**
 * The coin, with the height and coinbase bit of another one of its transaction where old undo data
 * left them out.
 */
function withOrigin(coin: Coin, { txid }: OutPoint, coins: CoinsCache): Coin | undefined {
  if (coin.height > 0) return coin;
  for (let index = 0; index < MAX_OUTPUTS_PER_BLOCK; index++) {
    const other = coins.getCoin({ txid, index });
    if (other === undefined) continue;
    return { ...coin, height: other.height, isCoinbase: other.isCoinbase };
  }
  return undefined;
}
