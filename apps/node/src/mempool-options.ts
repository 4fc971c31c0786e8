import type { Chain } from '@btcp2p/wire';
import { NodeError } from './node-error.ts';
import { DEFAULT_MAX_MEMPOOL_SIZE_MB, DEFAULT_MIN_RELAY_TX_FEE } from './options.ts';
import { moneyOf } from './parse-money.ts';
import type { Settings } from './settings.ts';

/** What the user wants of transactions that are not in blocks yet. */
export interface MempoolOptions {
  /** Ask peers for no transactions, and give them none. */
  readonly blocksOnly: boolean;
  /** `-maxmempool` in bytes. */
  readonly maxSize: number;
  /** Keep it from one run to the next. */
  readonly persist: boolean;
  /** `-minrelaytxfee`, satoshis per 1,000 virtual bytes. */
  readonly minRelayFeeRate: bigint;
  readonly acceptNonStandard: boolean;
  /** `-checkmempool`: after so many transactions; 0: never. */
  readonly checkInterval: number;
}

/** Core's mempool must hold a cluster of 101,000 virtual bytes, 40 bytes of memory for each of them. */
const MIN_SIZE = 101_000 * 40;

/** @throws NodeError `option` */
export function mempoolOptions(settings: Settings, chain: Chain): MempoolOptions {
  const minRelayFeeRate = moneyOf(settings, 'minrelaytxfee') ?? DEFAULT_MIN_RELAY_TX_FEE;
  const acceptNonStandard = settings.flag('acceptnonstdtxn') ?? false;
  if (acceptNonStandard && chain === 'main') {
    throw new NodeError('option', `acceptnonstdtxn is not currently supported for ${chain} chain`);
  }
  const maxSize = Number(settings.integer('maxmempool') ?? DEFAULT_MAX_MEMPOOL_SIZE_MB) * 1_000_000;
  if (maxSize < 0 || (maxSize > 0 && maxSize < MIN_SIZE)) {
    throw new NodeError('option', `-maxmempool must be at least ${Math.ceil(MIN_SIZE / 1_000_000)} MB`);
  }
  return {
    blocksOnly: settings.flag('blocksonly') ?? false,
    maxSize,
    persist: settings.flag('persistmempool') ?? true,
    minRelayFeeRate,
    acceptNonStandard,
    checkInterval: Number(settings.integer('checkmempool') ?? (chain === 'regtest' ? 1 : 0)),
  };
}
