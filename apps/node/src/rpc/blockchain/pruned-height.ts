import type { ChainContext } from '../chain-context.ts';

/**
 * The height of the last block of the chain that is not stored, the first one not counted, and
 * undefined if all are (Core `GetPruneHeight`, rpc/blockchain.cpp).
 */
export function prunedHeight({ chain }: ChainContext): number | undefined {
  let { height } = chain;
  while (height > 0 && chain.hasBlock(chain.at(height)!)) height--;
  return height > 0 ? height : undefined;
}
