import { hashToHex } from '@btcp2p/wire';
import type { EntryAnswer, EntryChoice } from '../../chain/mempool-messages.ts';
import type { ChainContext } from '../chain-context.ts';
import { asBoolean, asHash } from '../convert.ts';
import type { JsonOutput } from '../json-value.ts';
import { RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { RpcResult } from '../rpc-result.ts';
import { Turns } from '../turns.ts';
import { ENTRY_RESULT, entryToJson } from './entry-json.ts';
import type { MempoolMethod } from './mempool-part.ts';

const TXID: RpcResult = { type: 'hex', name: '', description: 'The id of a transaction' };

const VERBOSE: RpcParam = {
  name: 'verbose', type: 'boolean', default: false, description: 'Whether to tell about each of them',
};

const TXID_PARAM: RpcParam = { name: 'txid', type: 'hex', description: 'The id of a transaction in it' };

const LISTED: readonly RpcResult[] = [
  { type: 'array', condition: 'for verbose = false', inner: [TXID] },
  {
    type: 'map', condition: 'for verbose = true',
    inner: [{ type: 'object', name: 'transactionid', inner: ENTRY_RESULT }],
  },
];

const getrawmempool: MempoolMethod = {
  name: 'getrawmempool',
  category: 'blockchain',
  description:
    'Gives the ids of all transactions in the mempool, best to mine first.\n' +
    'In it is what came by sendrawtransaction, or from blocks that are not in the chain any more: peers ' +
    'are not asked for transactions yet.',
  params: [
    VERBOSE,
    {
      name: 'mempool_sequence', type: 'boolean', default: false,
      description: 'Whether to tell how many changes there were, as an object',
    },
  ],
  results: [
    ...LISTED,
    {
      type: 'object', condition: 'for verbose = false and mempool_sequence = true',
      inner: [
        { type: 'array', name: 'txids', description: 'The transactions', inner: [TXID] },
        { type: 'number', name: 'mempool_sequence', description: 'Counts changes, from 1' },
      ],
    },
  ],
  examples: [exampleCli('getrawmempool', 'true'), exampleRpc('getrawmempool', 'true')],
  handler: async (args, { chain }) => {
    const verbose = args.get('verbose', asBoolean);
    const withSequence = args.get('mempool_sequence', asBoolean);
    if (verbose && withSequence) {
      throw new RpcError(
        RPC_INVALID_PARAMETER, 'Verbose results cannot contain mempool sequence values.',
      );
    }
    if (verbose) return entriesToJson(await entriesOf(chain, { what: 'all' }));
    const { txids, sequence } = await chain.query({ type: 'mempool-txids' });
    const listed: string[] = [];
    for (let at = 0; at < txids.length; at += 32) listed.push(hashToHex(txids.subarray(at, at + 32)));
    return withSequence ? { txids: listed, mempool_sequence: sequence } : listed;
  },
};

/** @throws RpcError if the one that was named is not there */
async function entriesOf(chain: ChainContext, choice: EntryChoice): Promise<readonly EntryAnswer[]> {
  const entries = await chain.query({ type: 'mempool-entries', choice });
  if (entries !== undefined) return entries;
  throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Transaction not in mempool');
}

async function entriesToJson(entries: readonly EntryAnswer[]): Promise<JsonOutput> {
  const turns = new Turns();
  const members = new Map<string, JsonOutput>();
  for (const entry of entries) {
    if (turns.isOver) await turns.pass();
    members.set(hashToHex(entry.txid), entryToJson(entry));
  }
  return members;
}

/** A method about what one transaction builds on, or what builds on it. */
function relativesMethod(
  name: string,
  description: string,
  what: 'ancestors' | 'descendants',
): MempoolMethod {
  return {
    name,
    category: 'blockchain',
    description,
    params: [TXID_PARAM, VERBOSE],
    results: LISTED,
    examples: [exampleCli(name, '"mytxid"'), exampleRpc(name, '"mytxid"')],
    handler: async (args, { chain }) => {
      const verbose = args.get('verbose', asBoolean);
      const entries = await entriesOf(chain, { what, txid: args.get('txid', asHash) });
      return verbose ? entriesToJson(entries) : entries.map(({ txid }) => hashToHex(txid));
    },
  };
}

const getmempoolancestors = relativesMethod(
  'getmempoolancestors', 'Gives what a transaction in the mempool builds on there.', 'ancestors',
);

const getmempooldescendants = relativesMethod(
  'getmempooldescendants', 'Gives what builds on a transaction in the mempool there.', 'descendants',
);

const getmempoolentry: MempoolMethod = {
  name: 'getmempoolentry',
  category: 'blockchain',
  description: 'Tells about a transaction in the mempool.',
  params: [TXID_PARAM],
  results: [{ type: 'object', inner: ENTRY_RESULT }],
  examples: [exampleCli('getmempoolentry', '"mytxid"'), exampleRpc('getmempoolentry', '"mytxid"')],
  handler: async (args, { chain }) => {
    const [entry] = await entriesOf(chain, { what: 'one', txid: args.get('txid', asHash) });
    return entryToJson(entry!);
  },
};

/** The methods about transactions of the mempool. */
export const mempoolEntryMethods: readonly MempoolMethod[] = [
  getmempoolancestors, getmempooldescendants, getmempoolentry, getrawmempool,
];
