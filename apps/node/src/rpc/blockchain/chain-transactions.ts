import { asHash, asInt32 } from '../convert.ts';
import { RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { blockHashHex, findBlock, type ChainMethod } from './chain-part.ts';

const MONTH_S = 30 * 24 * 60 * 60;

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const optional = (result: RpcResult): RpcResult => ({ ...result, optional: true });

const getchaintxstats: ChainMethod = {
  name: 'getchaintxstats',
  category: 'blockchain',
  description: 'Tells how many transactions the chain has, and how many came in a time.',
  params: [
    {
      name: 'nblocks', type: 'number', defaultHint: 'one month',
      description: 'How many blocks that time is',
    },
    {
      name: 'blockhash', type: 'hex', defaultHint: 'the last block of the chain',
      description: 'The hash of the block that ends it',
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        { type: 'time', name: 'time', description: 'The time of the block that ends it' },
        optional(number('txcount', 'Transactions of the chain up to that, if known')),
        { type: 'hex', name: 'window_final_block_hash', description: 'The hash of that' },
        number('window_final_block_height', 'The height of that'),
        number('window_block_count', 'How many blocks the time is'),
        optional(number('window_interval', 'Seconds that it is')),
        optional(number('window_tx_count', 'Transactions of that time, if known')),
        optional(number('txrate', 'Transactions a second')),
      ],
    },
  ],
  examples: [exampleCli('getchaintxstats'), exampleRpc('getchaintxstats', '2016')],
  handler: async (args, { chain }) => {
    const { headers, params } = chain;
    const hash = args.maybe('blockhash', asHash);
    const entry = hash === undefined ? chain.chain.tip() : findBlock(chain, hash);
    if (!chain.chain.contains(entry)) {
      throw new RpcError(RPC_INVALID_PARAMETER, 'Block is not in main chain');
    }
    const height = headers.height(entry);
    const aMonth = Math.trunc(MONTH_S / params.powTargetSpacing);
    const count = args.maybe('nblocks', asInt32) ?? Math.max(0, Math.min(aMonth, height - 1));
    if (count < 0 || (count > 0 && count >= height)) {
      throw new RpcError(
        RPC_INVALID_PARAMETER, "Invalid block count: should be between 0 and the block's height - 1",
      );
    }
    const past = headers.ancestor(entry, height - count);
    const [last, first] = await chain.query({ type: 'block-facts', entries: [entry, past] });
    const interval = headers.medianTimePast(entry) - headers.medianTimePast(past);
    const isKnown = last!.chainTransactions > 0 && first!.chainTransactions > 0;
    const transactions = last!.chainTransactions - first!.chainTransactions;
    return {
      time: headers.time(entry),
      txcount: last!.chainTransactions > 0 ? last!.chainTransactions : undefined,
      window_final_block_hash: blockHashHex(chain, entry),
      window_final_block_height: height,
      window_block_count: count,
      window_interval: count > 0 ? interval : undefined,
      window_tx_count: count > 0 && isKnown ? transactions : undefined,
      txrate: count > 0 && isKnown && interval > 0 ? transactions / interval : undefined,
    };
  },
};

/** The method about how many transactions there are. */
export const chainTransactionMethods: readonly ChainMethod[] = [getchaintxstats];
