import { asInt32 } from '../convert.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { ChainMethod } from './chain-part.ts';
import { longQuery } from './long-query.ts';

/** Core `DEFAULT_CHECKLEVEL` and `DEFAULT_CHECKBLOCKS` (validation.h). */
const DEFAULT_LEVEL = 3;
const DEFAULT_BLOCKS = 6;

const verifychain: ChainMethod = {
  name: 'verifychain',
  category: 'blockchain',
  description: 'Checks what is stored of the chain anew. Nothing else is done to the chain meanwhile.',
  params: [
    {
      name: 'checklevel', type: 'number', defaultHint: `${DEFAULT_LEVEL}, range=0-4`,
      description:
        'How thoroughly:\n' +
        '- level 0 reads the blocks\n' +
        '- level 1 checks them by themselves\n' +
        '- level 2 reads what they spent\n' +
        '- level 3 takes them off the chain, in memory only\n' +
        '- level 4 connects them again\n' +
        'Each includes those before it.',
    },
    {
      name: 'nblocks', type: 'number', defaultHint: `${DEFAULT_BLOCKS}, 0=all`,
      description: 'How many of the last blocks',
    },
  ],
  results: [
    { type: 'boolean', description: 'Whether all was checked, and is good; if not, debug.log says why' },
  ],
  examples: [exampleCli('verifychain'), exampleRpc('verifychain')],
  handler: (args, { chain }) => {
    const level = args.maybe('checklevel', asInt32) ?? DEFAULT_LEVEL;
    const blocks = args.maybe('nblocks', asInt32) ?? DEFAULT_BLOCKS;
    return longQuery(chain, { type: 'verify-chain', level, blocks });
  },
};

/** The method that checks what is stored. */
export const verifyMethods: readonly ChainMethod[] = [verifychain];
