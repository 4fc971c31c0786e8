import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { secureRng } from '@btcp2p/reactor';
import type { Chain } from '@btcp2p/wire';
import type { DataDirectory } from '../data-directory.ts';
import type { NodeOptions } from '../node-options.ts';
import {
  DEFAULT_CHECKBLOCKS, DEFAULT_CHECKLEVEL, DEFAULT_DB_CACHE_BATCH, DEFAULT_DB_CACHE_MIB,
  DEFAULT_MAX_MEMPOOL_SIZE_MB, DEFAULT_MIN_RELAY_TX_FEE,
} from '../options.ts';
import type { ChainSettings } from './chain-messages.ts';

/**
 * What the chain thread needs of the options.
 *
 * @param directory of the chain, and of its block files
 * @param now Unix seconds
 */
export function chainSettings(
  options: NodeOptions,
  directory: Pick<DataDirectory, 'chain' | 'blocks'>,
  now: number,
): Omit<ChainSettings, 'interrupt' | 'addonGate'> {
  const { chain } = options;
  return {
    ...defaultChainSettings(options.network.chain, directory.chain, now),
    blocksDirectory: directory.blocks,
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
    mempool: {
      maxBytes: options.mempool.maxSize,
      minRelayFeeRate: options.mempool.minRelayFeeRate,
      check: options.mempool.checkInterval > 0,
    },
    check: chain.check,
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
    blocksDirectory: join(directory, 'blocks'),
    blocksXor: true,
    pruneTarget: undefined,
    fastPrune: false,
    cacheBytes: DEFAULT_DB_CACHE_MIB * 2 ** 20,
    coinsBatchBytes: DEFAULT_DB_CACHE_BATCH,
    scriptThreads: Math.max(0, availableParallelism() - 1),
    assumeValid: undefined,
    minimumChainWork: undefined,
    reindex: false,
    reindexChainstate: false,
    txIndex: false,
    blockFilterIndex: false,
    mempool: {
      maxBytes: DEFAULT_MAX_MEMPOOL_SIZE_MB * 1_000_000,
      minRelayFeeRate: DEFAULT_MIN_RELAY_TX_FEE,
      check: false,
    },
    check: { blocks: DEFAULT_CHECKBLOCKS, level: DEFAULT_CHECKLEVEL, isRequired: false },
    loadBlock: [],
    now,
    salt: secureRng.u64(),
  };
}
