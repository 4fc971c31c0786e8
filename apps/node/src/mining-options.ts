import type { Chain } from '@btcp2p/wire';
import { NodeError } from './node-error.ts';
import {
  DEFAULT_BLOCK_MIN_TX_FEE,
  DEFAULT_BLOCK_RESERVED_WEIGHT,
  MAX_BLOCK_WEIGHT,
  MINIMUM_BLOCK_RESERVED_WEIGHT,
} from './options.ts';
import { moneyOf } from './parse-money.ts';
import type { Settings } from './settings.ts';

/** What the user wants of blocks that are made here. */
export interface MiningOptions {
  readonly blockMaxWeight: number;
  /** Weight that is kept free for header and coinbase. */
  readonly blockReservedWeight: number;
  /** Satoshis per 1,000 virtual bytes. */
  readonly blockMinTxFee: bigint;
  /** In place of the version that deployments ask for; only on regtest. */
  readonly blockVersion?: number;
}

/** @throws NodeError `option` */
export function miningOptions(settings: Settings, chain: Chain): MiningOptions {
  const blockMinTxFee = moneyOf(settings, 'blockmintxfee') ?? DEFAULT_BLOCK_MIN_TX_FEE;
  const blockMaxWeight = Number(settings.integer('blockmaxweight') ?? MAX_BLOCK_WEIGHT);
  if (blockMaxWeight > MAX_BLOCK_WEIGHT) throw tooHeavy('blockmaxweight', blockMaxWeight);
  const reserved = Number(settings.integer('blockreservedweight') ?? DEFAULT_BLOCK_RESERVED_WEIGHT);
  if (reserved > MAX_BLOCK_WEIGHT) throw tooHeavy('blockreservedweight', reserved);
  if (reserved < MINIMUM_BLOCK_RESERVED_WEIGHT) {
    throw new NodeError(
      'option',
      `Specified -blockreservedweight (${reserved}) is lower than minimum safety value of ` +
        `(${MINIMUM_BLOCK_RESERVED_WEIGHT})`,
    );
  }
  const version = chain === 'regtest' ? settings.integer('blockversion') : undefined;
  return {
    blockMaxWeight,
    blockReservedWeight: reserved,
    blockMinTxFee,
    ...(version !== undefined && { blockVersion: Number(BigInt.asIntN(32, version)) }),
  };
}

function tooHeavy(option: string, weight: number): NodeError {
  return new NodeError(
    'option',
    `Specified -${option} (${weight}) exceeds consensus maximum block weight (${MAX_BLOCK_WEIGHT})`,
  );
}
