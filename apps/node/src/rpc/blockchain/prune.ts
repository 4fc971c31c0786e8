import { MIN_BLOCKS_TO_KEEP, pruneAfterHeight } from '@btcp2p/chainstate';
import type { ChainContext } from '../chain-context.ts';
import { asInt32 } from '../convert.ts';
import { RPC_INVALID_PARAMETER, RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { ChainMethod } from './chain-part.ts';
import { prunedHeight } from './pruned-height.ts';

/** Core `TIMESTAMP_WINDOW` (chain.h), seconds. */
const TIMESTAMP_WINDOW = 2 * 60 * 60;
/** Numbers above it are times: it is a day in 2001. */
const MAX_HEIGHT = 1_000_000_000;

const pruneblockchain: ChainMethod = {
  name: 'pruneblockchain',
  category: 'blockchain',
  description:
    'Deletes files of old blocks, those of which all are at most at a height. It takes -prune.',
  params: [
    {
      name: 'height', type: 'number',
      description:
        'The height, or seconds since 1970: then blocks may go that are at least two hours older',
    },
  ],
  results: [{ type: 'number', description: 'The height up to which blocks are gone, -1 if none are' }],
  examples: [exampleCli('pruneblockchain', '1000'), exampleRpc('pruneblockchain', '1000')],
  handler: async (args, { chain }) => {
    if (chain.pruneTarget === undefined) {
      throw new RpcError(
        RPC_MISC_ERROR, 'Cannot prune blocks because node is not in prune mode.',
      );
    }
    const wanted = args.get('height', asInt32);
    if (wanted < 0) throw new RpcError(RPC_INVALID_PARAMETER, 'Negative block height.');
    const height = wanted > MAX_HEIGHT ? heightOfTime(chain, wanted - TIMESTAMP_WINDOW) : wanted;
    const { height: tipHeight } = chain.chain;
    if (tipHeight < pruneAfterHeight(chain.network.chain, chain)) {
      throw new RpcError(RPC_MISC_ERROR, 'Blockchain is too short for pruning.');
    }
    if (height > tipHeight) {
      throw new RpcError(
        RPC_INVALID_PARAMETER, 'Blockchain is shorter than the attempted prune height.',
      );
    }
    const last = Math.min(height, tipHeight - MIN_BLOCKS_TO_KEEP);
    await chain.query({ type: 'prune', height: last });
    return prunedHeight(chain) ?? -1;
  },
};

/** The first block before which no time is as late as this (Core `CChain::FindEarliestAtLeast`). */
function heightOfTime({ headers, chain }: ChainContext, time: number): number {
  let latest = 0;
  for (let height = 0; height <= chain.height; height++) {
    latest = Math.max(latest, headers.time(chain.at(height)!));
    if (latest >= time) return height;
  }
  throw new RpcError(
    RPC_INVALID_PARAMETER, 'Could not find block with at least the specified timestamp.',
  );
}

/** The method that deletes old blocks. */
export const pruneMethods: readonly ChainMethod[] = [pruneblockchain];
