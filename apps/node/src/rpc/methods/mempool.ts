import type { MempoolOptions } from '../../mempool-options.ts';
import { asBoolean, asHash } from '../convert.ts';
import { RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcMethod } from '../rpc-method.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';

/** The part of the node that the methods of the mempool work on: there is none yet but its options. */
export interface MempoolPart {
  readonly mempool: MempoolOptions;
}

type Method = RpcMethod<MempoolPart>;

/** Core `DEFAULT_INCREMENTAL_RELAY_FEE` (policy/policy.h), satoshis per 1,000 virtual bytes. */
const INCREMENTAL_RELAY_FEE = 100n;
/** Core `MAX_OP_RETURN_RELAY` (policy/policy.h), bytes. */
const MAX_DATACARRIER_BYTES = 100_000;
/** Core `DEFAULT_CLUSTER_LIMIT` (policy/policy.h), transactions. */
const CLUSTER_LIMIT = 64;
/** Core `DEFAULT_CLUSTER_SIZE_LIMIT_KVB` (policy/policy.h), in virtual bytes. */
const CLUSTER_SIZE_LIMIT = 101_000;
/** Core `CTxMemPool::m_sequence_number` (txmempool.h) before anything has happened. */
const FIRST_SEQUENCE = 1;

const NONE_YET = 'The mempool is always empty: this version has none yet.';

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const money = (name: string, description: string): RpcResult => ({ type: 'amount', name, description });
const flag = (name: string, description: string): RpcResult => ({ type: 'boolean', name, description });
const TXID: RpcResult = { type: 'hex', name: '', description: 'The id of a transaction' };

const getmempoolinfo: Method = {
  name: 'getmempoolinfo',
  category: 'blockchain',
  description: `Tells about the mempool as a whole.\n${NONE_YET}`,
  params: [],
  results: [
    {
      type: 'object',
      inner: [
        flag('loaded', 'Whether what was kept of it has been loaded'),
        number('size', 'How many transactions'),
        number('bytes', 'Their virtual bytes'),
        number('usage', 'Bytes of memory that they take'),
        money('total_fee', 'Their fees, in BTC'),
        number('maxmempool', 'How many bytes of memory they may take'),
        money('mempoolminfee', 'The fee rate below which none is taken, in BTC per 1,000 virtual bytes'),
        money('minrelaytxfee', 'The fee rate below which none is ever taken'),
        money('incrementalrelayfee', 'By how much one must pay better than what it replaces'),
        number('unbroadcastcount', 'How many no peer has asked for yet'),
        flag('fullrbf', 'Whether any may be replaced'),
        flag('permitbaremultisig', 'Whether outputs may be multisigs as such'),
        number('maxdatacarriersize', 'Bytes of data that outputs may have'),
        number('limitclustercount', 'How many may hang together'),
        number('limitclustersize', 'Virtual bytes that may hang together'),
      ],
    },
  ],
  examples: [exampleCli('getmempoolinfo'), exampleRpc('getmempoolinfo')],
  handler: (_args, { mempool }) => ({
    loaded: true,
    size: 0,
    bytes: 0,
    usage: 0,
    total_fee: amount(0n),
    maxmempool: mempool.maxSize,
    mempoolminfee: amount(mempool.minRelayFeeRate),
    minrelaytxfee: amount(mempool.minRelayFeeRate),
    incrementalrelayfee: amount(INCREMENTAL_RELAY_FEE),
    unbroadcastcount: 0,
    fullrbf: true,
    permitbaremultisig: true,
    maxdatacarriersize: MAX_DATACARRIER_BYTES,
    limitclustercount: CLUSTER_LIMIT,
    limitclustersize: CLUSTER_SIZE_LIMIT,
  }),
};

const getrawmempool: Method = {
  name: 'getrawmempool',
  category: 'blockchain',
  description: `Gives the ids of all transactions in the mempool.\n${NONE_YET}`,
  params: [
    {
      name: 'verbose', type: 'boolean', default: false,
      description: 'Whether to tell about each of them',
    },
    {
      name: 'mempool_sequence', type: 'boolean', default: false,
      description: 'Whether to tell how many changes there were, as an object',
    },
  ],
  results: [
    { type: 'array', condition: 'for verbose = false', inner: [TXID] },
    {
      type: 'map', condition: 'for verbose = true',
      inner: [{
        type: 'object', name: 'transactionid',
        inner: [{ type: 'elision', name: '', description: 'As getmempoolentry gives it' }],
      }],
    },
    {
      type: 'object', condition: 'for verbose = false and mempool_sequence = true',
      inner: [
        { type: 'array', name: 'txids', description: 'The transactions', inner: [TXID] },
        number('mempool_sequence', 'Counts changes, from 1'),
      ],
    },
  ],
  examples: [exampleCli('getrawmempool', 'true'), exampleRpc('getrawmempool', 'true')],
  handler: (args) => {
    const verbose = args.get('verbose', asBoolean);
    const withSequence = args.get('mempool_sequence', asBoolean);
    if (verbose && withSequence) {
      throw new RpcError(
        RPC_INVALID_PARAMETER, 'Verbose results cannot contain mempool sequence values.',
      );
    }
    if (verbose) return {};
    return withSequence ? { txids: [], mempool_sequence: FIRST_SEQUENCE } : [];
  },
};

const TXID_PARAM: RpcParam = { name: 'txid', type: 'hex', description: 'The id of a transaction in it' };

/** A method about one transaction: there is none to tell of. */
function entryMethod(name: string, description: string, params: readonly RpcParam[]): Method {
  return {
    name,
    category: 'blockchain',
    description: `${description}\n${NONE_YET}`,
    params,
    results: [],
    examples: [exampleCli(name, '"mytxid"'), exampleRpc(name, '"mytxid"')],
    handler: (args) => {
      if (params.length > 1) args.get('verbose', asBoolean);
      args.get('txid', asHash);
      throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Transaction not in mempool');
    },
  };
}

const VERBOSE: RpcParam = {
  name: 'verbose', type: 'boolean', default: false, description: 'Whether to tell about each of them',
};

const getmempoolentry = entryMethod(
  'getmempoolentry', 'Tells about a transaction in the mempool.', [TXID_PARAM],
);
const getmempoolancestors = entryMethod(
  'getmempoolancestors', 'Gives what a transaction in the mempool builds on there.',
  [TXID_PARAM, VERBOSE],
);
const getmempooldescendants = entryMethod(
  'getmempooldescendants', 'Gives what builds on a transaction in the mempool there.',
  [TXID_PARAM, VERBOSE],
);

/** The methods about transactions that are in no block yet (Core rpc/mempool.cpp). */
export const mempoolMethods: readonly Method[] = [
  getmempoolancestors, getmempooldescendants, getmempoolentry, getmempoolinfo, getrawmempool,
];
