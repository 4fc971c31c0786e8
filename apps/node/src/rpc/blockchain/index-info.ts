import { asString } from '../convert.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { ChainMethod } from './chain-part.ts';

const getindexinfo: ChainMethod = {
  name: 'getindexinfo',
  category: 'util',
  description: 'Tells how far the indexes are that are kept besides the chain.',
  params: [
    {
      name: 'index_name', type: 'string', optional: true, description: 'Only of the index of this name',
    },
  ],
  results: [
    {
      type: 'map',
      inner: [{
        type: 'object', name: 'name', description: 'The name of an index',
        inner: [
          { type: 'boolean', name: 'synced', description: 'Whether it has caught up' },
          { type: 'number', name: 'best_block_height', description: 'The height up to which it has them' },
        ],
      }],
    },
  ],
  examples: [exampleCli('getindexinfo'), exampleRpc('getindexinfo')],
  handler: async (args, { chain }) => {
    const wanted = args.maybe('index_name', asString) ?? '';
    const summaries = await chain.query({ type: 'index-info' });
    const shown = summaries.filter(({ name }) => wanted === '' || name === wanted);
    return Object.fromEntries(
      shown.map(({ name, isSynced, height }) => [
        name, { synced: isSynced, best_block_height: height ?? 0 },
      ]),
    );
  },
};

/** The method about indexes. */
export const indexInfoMethods: readonly ChainMethod[] = [getindexinfo];
