/**
 * Makes regtest chains full of signed payments, for benches and tests: from a seed, always the same.
 *
 * @example
 * import { chainFile } from '@btcp2p/chain-maker';
 *
 * const file = chainFile({ blocks: 300, transactions: 30_000 }); // for bitcoind's -loadblock
 *
 * @packageDocumentation
 */
export { CHAIN_CACHE, chainFile, RECIPE_VERSION } from './chain-file.ts';
export { loadChain } from './load-chain.ts';
export type { ChainFacts } from './load-chain.ts';
export { makeBlocks } from './make-blocks.ts';
export type { Recipe } from './make-blocks.ts';
