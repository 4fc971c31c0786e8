import { hashToHex, toHex } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import { asHash, asString } from '../convert.ts';
import {
  RPC_INTERNAL_ERROR, RPC_INVALID_ADDRESS_OR_KEY, RPC_MISC_ERROR, RpcError,
} from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import { findBlock, type ChainMethod } from './chain-part.ts';

/** The only type of filters that there is (Core `BlockFilterTypeName`, blockfilter.cpp). */
const BASIC = 'basic';

const EXAMPLE = '"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09", "basic"';

const getblockfilter: ChainMethod = {
  name: 'getblockfilter',
  category: 'blockchain',
  description: 'Gives the compact filter of a block (BIP 157), from the index that -blockfilterindex keeps.',
  params: [
    { name: 'blockhash', type: 'hex', description: 'The hash of the block' },
    { name: 'filtertype', type: 'string', default: BASIC, description: 'The type of the filter' },
  ],
  results: [
    {
      type: 'object',
      inner: [
        { type: 'hex', name: 'filter', description: 'The filter' },
        { type: 'hex', name: 'header', description: 'The filter header' },
      ],
    },
  ],
  examples: [exampleCli('getblockfilter', EXAMPLE.replace(',', '')), exampleRpc('getblockfilter', EXAMPLE)],
  handler: async (args, { chain }) => {
    const hash = args.get('blockhash', asHash);
    const type = args.get('filtertype', asString);
    if (type !== BASIC) throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Unknown filtertype');
    return filterOf(chain, hash);
  },
};

async function filterOf(chain: ChainContext, hash: Uint8Array): Promise<Record<string, string>> {
  // Whether there is an index is the first thing that Core looks at.
  const entry = chain.headers.find(hash);
  const answer = await chain.query({ type: 'block-filter', entry: entry ?? 0 });
  if (answer.status === 'no-index') {
    throw new RpcError(RPC_MISC_ERROR, `Index is not enabled for filtertype ${BASIC}`);
  }
  const block = findBlock(chain, hash);
  if (answer.status === 'found') {
    return { filter: toHex(answer.filter), header: hashToHex(answer.header) };
  }
  const [facts] = await chain.query({ type: 'block-facts', entries: [block] });
  if (!facts!.isValidScripts || facts!.isInvalid) {
    const text = 'Filter not found. Block was not connected to active chain.';
    throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, text);
  }
  if (answer.status === 'indexing') {
    const text = 'Filter not found. Block filters are still in the process of being indexed.';
    throw new RpcError(RPC_MISC_ERROR, text);
  }
  const text = 'Filter not found. This error is unexpected and indicates index corruption.';
  throw new RpcError(RPC_INTERNAL_ERROR, text);
}

/** The methods about filters of blocks. */
export const blockFilterMethods: readonly ChainMethod[] = [getblockfilter];
