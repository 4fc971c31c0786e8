import { secureRng } from '@btcp2p/reactor';
import type { NodeOptions } from '../node-options.ts';
import type { ChainSettings } from './chain-messages.ts';

/** Core `DEFAULT_DB_CACHE` (node/caches.h), bytes: 450 MiB. */
const DEFAULT_DB_CACHE_BYTES = 450 * 2 ** 20;

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
): Omit<ChainSettings, 'interrupt'> {
  return {
    chain: options.network.chain,
    consensus: {},
    directory,
    blocksXor: options.blocksXor,
    pruneTarget: undefined,
    fastPrune: false,
    cacheBytes: DEFAULT_DB_CACHE_BYTES,
    scriptThreads: 1,
    assumeValid: undefined,
    minimumChainWork: options.minimumChainWork,
    reindex: false,
    reindexChainstate: false,
    loadBlock: [],
    now,
    salt: secureRng.u64(),
  };
}
