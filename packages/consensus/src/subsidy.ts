import type { ConsensusParams } from './params.ts';

/** Satoshis of a bitcoin (Core `COIN`, consensus/amount.h). */
export const COIN = 100_000_000n;

/** No amount is above this many satoshis (Core `MAX_MONEY`, consensus/amount.h). */
export const MAX_MONEY = 21_000_000n * COIN;

/** What a block may create, in satoshis, fees apart (Core `GetBlockSubsidy`, validation.cpp). */
export function blockSubsidy(height: number, params: ConsensusParams): bigint {
  return (50n * COIN) >> BigInt(Math.floor(height / params.subsidyHalvingInterval));
}
