import type { HeaderEntry } from '@btcp2p/consensus';
import type { ChainContext } from '../chain-context.ts';
import { asHash } from '../convert.ts';
import type { JsonOutput } from '../json-value.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import { findBlock, type ChainMethod } from './chain-part.ts';

/** A method that is given a block, does something and answers nothing. */
function blockCommand(
  name: string,
  category: 'blockchain' | 'hidden',
  description: string,
  perform: (chain: ChainContext, entry: HeaderEntry) => Promise<unknown>,
): ChainMethod {
  return {
    name,
    category,
    description,
    params: [{ name: 'blockhash', type: 'hex', description: 'The hash of the block' }],
    results: [{ type: 'null' }],
    examples: [exampleCli(name, '"blockhash"'), exampleRpc(name, '"blockhash"')],
    handler: async (args, { chain }): Promise<JsonOutput> => {
      await perform(chain, findBlock(chain, args.get('blockhash', asHash)));
      return null;
    },
  };
}

const invalidateblock = blockCommand(
  'invalidateblock', 'hidden',
  'Takes a block as invalid from now on, as if it broke a rule, and all that build on it.',
  // Of the first block it does nothing, and Core does not say so either.
  (chain, entry) => chain.query({ type: 'invalidate-block', entry }),
);

const reconsiderblock = blockCommand(
  'reconsiderblock', 'hidden',
  'Takes back that a block is invalid, as well as those before it and those that build on it. They may ' +
    'become part of the chain again, unless they do break a rule.',
  (chain, entry) => chain.query({ type: 'reconsider-block', entry }),
);

const preciousblock = blockCommand(
  'preciousblock', 'blockchain',
  'Treats a block as if it had come before all others of the same work. The last call counts, and only ' +
    'until the node ends.',
  (chain, entry) => chain.query({ type: 'precious-block', entry }),
);

/** The methods that say which blocks may be the chain. */
export const chainChoiceMethods: readonly ChainMethod[] = [
  preciousblock, invalidateblock, reconsiderblock,
];
