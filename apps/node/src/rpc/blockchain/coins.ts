import { hashToHex } from '@btcp2p/wire';
import { scriptToJson } from '../../descriptors/script-json.ts';
import type { MempoolCoinAnswer } from '../../chain/mempool-messages.ts';
import type { ChainContext } from '../chain-context.ts';
import { asBoolean, asHash, asString, asUint32 } from '../convert.ts';
import type { JsonOutput } from '../json-value.ts';
import { RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';
import { blockHashHex, type ChainMethod } from './chain-part.ts';
import { SCRIPT_RESULT } from '../transactions/script-result.ts';

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });
const money = (name: string, description: string): RpcResult => ({ type: 'amount', name, description });

const gettxout: ChainMethod = {
  name: 'gettxout',
  category: 'blockchain',
  description: 'Tells about an output of a transaction that is not spent.',
  params: [
    { name: 'txid', type: 'string', description: 'The id of the transaction' },
    { name: 'n', type: 'number', description: 'Which of its outputs, from 0' },
    {
      name: 'include_mempool', type: 'boolean', default: true,
      description: 'Whether transactions that are in no block count, by what they have and what they spend',
    },
  ],
  results: [
    { type: 'null', condition: 'if there is none, or it is spent' },
    {
      type: 'object', condition: 'otherwise',
      inner: [
        hex('bestblock', 'The hash of the last block of the chain'),
        number('confirmations', 'How many blocks there are from that of the output on'),
        money('value', 'How much it is, in BTC'),
        { type: 'object', name: 'scriptPubKey', description: 'Its script', inner: SCRIPT_RESULT },
        { type: 'boolean', name: 'coinbase', description: 'Whether it is the reward of a miner' },
      ],
    },
  ],
  examples: [exampleCli('gettxout', '"txid" 1'), exampleRpc('gettxout', '"txid", 1')],
  handler: async (args, { chain }): Promise<JsonOutput> => {
    const txid = args.get('txid', asHash);
    const index = args.get('n', asUint32);
    const withMempool = args.get('include_mempool', asBoolean);
    const found = withMempool
      ? await chain.query({ type: 'mempool-coin', txid, index })
      : await confirmedCoin(chain, txid, index);
    if (found === undefined) return null;
    const { coin, isUnconfirmed } = found;
    return {
      bestblock: blockHashHex(chain, chain.chain.tip()),
      confirmations: isUnconfirmed ? 0 : chain.chain.height - coin.height + 1,
      value: amount(coin.value),
      scriptPubKey: scriptToJson(coin.scriptPubKey, chain.network.chain),
      coinbase: coin.isCoinbase,
    };
  },
};

async function confirmedCoin(
  chain: ChainContext,
  txid: Uint8Array,
  index: number,
): Promise<MempoolCoinAnswer | undefined> {
  const coin = await chain.query({ type: 'coin', txid, index });
  return coin && { coin, isUnconfirmed: false };
}

const HASH_TYPES = ['hash_serialized_3', 'muhash', 'none'] as const;

const gettxoutsetinfo: ChainMethod = {
  name: 'gettxoutsetinfo',
  category: 'blockchain',
  description: 'Tells how many outputs are not spent, and a hash of them all. It may take minutes.',
  params: [
    {
      name: 'hash_type', type: 'string', default: 'hash_serialized_3',
      description: 'Which hash: "hash_serialized_3", "muhash", or "none"',
    },
    {
      name: 'hash_or_height', type: 'number', anyType: true, typeText: ['', 'string or numeric'],
      defaultHint: 'the last block of the chain',
      description: 'Hash or height of the block as of which to tell. It takes an index that is not here.',
    },
    {
      name: 'use_index', type: 'boolean', default: true,
      description: 'Whether to use an index, if there is one',
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        number('height', 'The height of the block as of which this is'),
        hex('bestblock', 'The hash of that block'),
        number('txouts', 'How many outputs are not spent'),
        number('bogosize', 'A size of them that means nothing, but is the same everywhere'),
        { ...hex('hash_serialized_3', 'Their hash, if that was asked for'), optional: true },
        { ...hex('muhash', 'Their hash, if that was asked for'), optional: true },
        money('total_amount', 'How much they are together'),
        number('transactions', 'How many transactions they are of'),
        number('disk_size', 'Bytes that they take on the disk, about'),
      ],
    },
  ],
  examples: [
    exampleCli('gettxoutsetinfo'), exampleCli('gettxoutsetinfo', '"none"'),
    exampleRpc('gettxoutsetinfo'), exampleRpc('gettxoutsetinfo', '"none"'),
  ],
  handler: async (args, { chain }) => {
    const wanted = args.get('hash_type', asString);
    const hash = HASH_TYPES.find((type) => type === wanted);
    if (hash === undefined) {
      throw new RpcError(RPC_INVALID_PARAMETER, `'${wanted}' is not a valid hash_type`);
    }
    args.get('use_index', asBoolean);
    if (args.raw('hash_or_height') !== null) {
      throw new RpcError(
        RPC_INVALID_PARAMETER, 'Querying specific block heights requires coinstatsindex',
      );
    }
    const stats = await chain.query({ type: 'coin-stats', hash });
    return {
      height: chain.headers.height(stats.tip),
      bestblock: blockHashHex(chain, stats.tip),
      txouts: stats.outputs,
      bogosize: stats.bogoSize,
      ...(stats.hash && { [hash]: hashToHex(stats.hash) }),
      total_amount: amount(stats.totalAmount),
      transactions: stats.transactions,
      disk_size: stats.diskSize,
    };
  },
};

/** The methods about outputs that are not spent. */
export const coinMethods: readonly ChainMethod[] = [gettxout, gettxoutsetinfo];
