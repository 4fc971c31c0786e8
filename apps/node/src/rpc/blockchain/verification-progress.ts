import type { HeaderEntry } from '@btcp2p/consensus';
import type { Chain } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';

/** How many transactions a chain had at a time, and how many came each second since. */
interface ChainTransactions {
  /** Unix seconds. */
  readonly time: number;
  readonly count: number;
  readonly rate: number;
}

/** Core `ChainTxData` (kernel/chainparams.cpp). */
const KNOWN: Readonly<Record<Chain, ChainTransactions>> = {
  main: { time: 1_756_722_903, count: 1_235_299_397, rate: 5.456290459519495 },
  test: { time: 1_751_816_758, count: 508_468_699, rate: 7.172978845985714 },
  testnet4: { time: 1_752_470_331, count: 11_414_302, rate: 0.2842619757327476 },
  signet: { time: 1_756_723_017, count: 26_185_472, rate: 0.7452721495389969 },
  regtest: { time: 0, count: 0, rate: 0.001 },
};

/** A signet of one's own, of which nothing is known. */
const UNKNOWN: ChainTransactions = { time: 0, count: 0, rate: 0 };

/** Seconds by which the clock and a block may differ for the best header to be taken as recent. */
const RECENT_S = 2 * 60 * 60;

/**
 * How much of all transactions there are has been checked when a block has, from 0 to 1 (Core
 * `GuessVerificationProgress`, validation.cpp).
 *
 * @param transactions of the chain up to the block; 0 if that is not known
 */
export function verificationProgress(
  chain: ChainContext,
  entry: HeaderEntry,
  transactions: number,
): number {
  if (transactions === 0) return 0;
  const known = knownTransactions(chain);
  const now = chain.now();
  const total =
    transactions <= known.count
      ? known.count + (now - known.time) * known.rate
      : transactions + (now - blockTime(chain, entry, now)) * known.rate;
  return Math.min(transactions / total, 1);
}

/** When the block was made: near the best header by heights, as miners' clocks are not exact. */
function blockTime({ headers, params }: ChainContext, entry: HeaderEntry, now: number): number {
  const time = headers.time(entry);
  const behind = headers.height(headers.best) - headers.height(entry);
  if (Math.abs(now - time) > RECENT_S || behind < 0) return time;
  return now - behind * params.powTargetSpacing;
}

function knownTransactions({ network, params }: ChainContext): ChainTransactions {
  const isOwn = network.chain === 'signet' && params.minimumChainWork === 0n;
  return isOwn ? UNKNOWN : KNOWN[network.chain];
}
