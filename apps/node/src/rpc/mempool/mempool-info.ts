import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';
import type { MempoolMethod } from './mempool-part.ts';

/** Core `DEFAULT_INCREMENTAL_RELAY_FEE` (policy/policy.h), satoshis per 1,000 virtual bytes. */
const INCREMENTAL_RELAY_FEE = 100n;
/** Core `MAX_OP_RETURN_RELAY` (policy/policy.h), bytes. */
const MAX_DATACARRIER_BYTES = 100_000;

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const money = (name: string, description: string): RpcResult => ({ type: 'amount', name, description });
const flag = (name: string, description: string): RpcResult => ({ type: 'boolean', name, description });

const getmempoolinfo: MempoolMethod = {
  name: 'getmempoolinfo',
  category: 'blockchain',
  description: 'Tells about the mempool as a whole.',
  params: [],
  results: [
    {
      type: 'object',
      inner: [
        flag('loaded', 'Whether what was kept of it has been loaded: nothing is kept yet'),
        number('size', 'How many transactions'),
        number('bytes', 'Their virtual bytes'),
        number('usage', 'Bytes of memory that they take, about'),
        money('total_fee', 'Their fees, in BTC'),
        number('maxmempool', 'How many bytes of memory they may take'),
        money('mempoolminfee', 'The fee rate below which none is taken, in BTC per 1,000 virtual bytes'),
        money('minrelaytxfee', 'The fee rate below which none is ever taken'),
        money('incrementalrelayfee', 'By how much one must pay better than what it replaces'),
        number('unbroadcastcount', 'How many of the user\'s no peer has asked for yet'),
        flag('fullrbf', 'Whether any may be replaced'),
        flag('permitbaremultisig', 'Whether outputs may be multisigs as such'),
        number('maxdatacarriersize', 'Bytes of data that outputs may have'),
        number('limitclustercount', 'How many may hang together'),
        number('limitclustersize', 'Virtual bytes that may hang together'),
      ],
    },
  ],
  examples: [exampleCli('getmempoolinfo'), exampleRpc('getmempoolinfo')],
  handler: async (_args, { chain, mempool }) => {
    const info = await chain.query({ type: 'mempool-info' });
    return {
      loaded: true,
      size: info.size,
      bytes: info.virtualSize,
      usage: info.usage,
      total_fee: amount(info.totalFee),
      maxmempool: mempool.maxSize,
      mempoolminfee: amount(mempool.minRelayFeeRate),
      minrelaytxfee: amount(mempool.minRelayFeeRate),
      incrementalrelayfee: amount(INCREMENTAL_RELAY_FEE),
      unbroadcastcount: info.unbroadcastCount,
      fullrbf: true,
      permitbaremultisig: true,
      maxdatacarriersize: MAX_DATACARRIER_BYTES,
      limitclustercount: info.clusterLimit,
      limitclustersize: info.clusterSizeLimit,
    };
  },
};

/** The methods about the mempool as a whole. */
export const mempoolInfoMethods: readonly MempoolMethod[] = [getmempoolinfo];
