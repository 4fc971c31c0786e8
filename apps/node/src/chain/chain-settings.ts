import { resolve } from 'node:path';
import { secureRng } from '@btcp2p/reactor';
import type { NodeOptions } from '../node-options.ts';
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
    chain: options.network.chain,
    consensus: chain.consensus,
    directory,
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
    loadBlock: chain.loadBlock.map((path) => resolve(path)),
    now,
    salt: secureRng.u64(),
  };
}
