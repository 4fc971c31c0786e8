import { createHash } from 'node:crypto';
import { Coin, coinKey, CoinStats, MuHash3072, type CoinEntry } from '@btcp2p/chainstate';
import type { HeaderEntry } from '@btcp2p/consensus';
import { toHex } from '@btcp2p/wire';
import { ScanControl, type CoinStatsAnswer, type FoundCoin, type ScanAnswer } from './chain-messages.ts';
import type { Piecemeal } from './piecemeal.ts';

/** How many coins to take between two pauses. */
export const COINS_AT_ONCE = 256;

/** Coins as they are stored at one moment. */
export interface StoredCoins {
  readonly tip: HeaderEntry;
  readonly coins: Iterable<CoinEntry>;
}

/** Totals and perhaps a hash of all coins (Core `ComputeUTXOStats`, kernel/coinstats.cpp). */
export function* coinStats(
  { tip, coins }: StoredCoins,
  hash: 'hash_serialized_3' | 'muhash' | 'none',
): Piecemeal<CoinStatsAnswer> {
  const stats = new CoinStats({
    ...(hash === 'hash_serialized_3' && { serialized: createHash('sha256') }),
    ...(hash === 'muhash' && { muhash: new MuHash3072() }),
  });
  let diskSize = 0;
  let count = 0;
  for (const entry of coins) {
    stats.add(entry);
    diskSize += coinKey(entry.outpoint).length + Coin.size(entry.coin);
    if (++count % COINS_AT_ONCE === 0) yield;
  }
  const { transactions, txouts, bogosize, totalAmount } = stats.totals();
  return {
    tip,
    transactions,
    outputs: txouts,
    bogoSize: BigInt(bogosize),
    totalAmount,
    diskSize,
    hash:
      hash === 'none' ? undefined
      : hash === 'muhash' ? stats.muhash()
      : stats.hashSerialized3(),
  };
}

/** The coins that pay to any of some scripts (Core `FindScriptPubKey`, rpc/blockchain.cpp). */
export function* scanCoins(
  { tip, coins }: StoredCoins,
  scripts: readonly Uint8Array[],
  control: Int32Array,
): Piecemeal<ScanAnswer> {
  const wanted = new Set(scripts.map(toHex));
  const found: FoundCoin[] = [];
  let searched = 0;
  for (const { outpoint, coin } of coins) {
    if (++searched % COINS_AT_ONCE === 0) {
      const [first, second] = outpoint.txid as ArrayLike<number> as [number, number];
      const progress = Math.floor(((first * 256 + second) * 100) / 65_536 + 0.5);
      Atomics.store(control, ScanControl.PROGRESS, progress);
      yield;
      if (Atomics.load(control, ScanControl.ABORT) !== 0) {
        return { tip, searched, coins: found, completed: false };
      }
    }
    if (wanted.has(toHex(coin.scriptPubKey))) found.push({ ...outpoint, ...coin });
  }
  return { tip, searched, coins: found, completed: true };
}
