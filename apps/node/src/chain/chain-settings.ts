import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { secureRng } from '@btcp2p/reactor';
import type { Chain } from '@btcp2p/wire';
import type { NodeOptions } from '../node-options.ts';
import { DEFAULT_DB_CACHE_MIB } from '../options.ts';
import type { ChainSettings } from './chain-messages.ts';

/**
 * What the chain thread needs of the options.
 *
 * @param directory of the chain
 * @param now Unix seconds
 */
export function chainSettings(
  options: NodeOptions,
  directory: string,
  now: number,
): Omit<ChainSettings, 'interrupt' | 'addonGate'> {
  const { chain } = options;
  return {
    ...defaultChainSettings(options.network.chain, directory, now),
    consensus: chain.consensus,
    blocksXor: options.blocksXor,
    pruneTarget: chain.prune === 'manual' ? 1 : chain.prune,
    fastPrune: chain.fastPrune,
    cacheBytes: chain.dbCache,
    coinsBatchBytes: chain.dbBatchSize,
    scriptThreads: chain.scriptThreads,
    assumeValid: chain.assumeValid,
    minimumChainWork: options.minimumChainWork,
    reindex: chain.reindex,
    reindexChainstate: chain.reindexChainstate,
    txIndex: chain.txIndex,
    blockFilterIndex: chain.blockFilterIndex,
    loadBlock: chain.loadBlock.map((path) => resolve(path)),
  };
}

/**
 * What the chain thread does unless told otherwise.
 *
 * @param directory of the chain
 * @param now Unix seconds
 */
export function defaultChainSettings(
  chain: Chain,
  directory: string,
  now: number,
): Omit<ChainSettings, 'interrupt' | 'addonGate'> {
  return {
    chain,
    consensus: {},
    directory,
    blocksXor: true,
    pruneTarget: undefined,
    fastPrune: false,
    cacheBytes: DEFAULT_DB_CACHE_MIB * 2 ** 20,
    coinsBatchBytes: 32 * 2 ** 20,
    scriptThreads: Math.max(0, availableParallelism() - 1),
    assumeValid: undefined,
    minimumChainWork: undefined,
    reindex: false,
    reindexChainstate: false,
    txIndex: false,
    blockFilterIndex: false,
    loadBlock: [],
    now,
    salt: secureRng.u64(),
  };
}
