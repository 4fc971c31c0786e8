import { equalHashes, hashToHex, TransactionView } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import { asHash, asVerbosity } from '../convert.ts';
import { hexOf } from '../hex.ts';
import { JsonNumber, type JsonMembers } from '../json-value.ts';
import {
  RPC_INTERNAL_ERROR, RPC_INVALID_ADDRESS_OR_KEY, RPC_MISC_ERROR, RpcError,
} from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { UNDO_UNREADABLE, undoOf } from '../blockchain/block-undo.ts';
import type { ChainMethod } from '../blockchain/chain-part.ts';
import { decodedView } from './decode-transaction.ts';
import { findByIndex } from './find-by-index.ts';
import { findInBlock, type MinedTransaction } from './find-transaction.ts';
import { transactionToJson } from './transaction-json.ts';
import { transactionResult } from './transaction-result.ts';

const IN_BLOCK: readonly RpcResult[] = [
  { type: 'hex', name: 'hex', description: 'Its bytes' },
  { type: 'hex', name: 'blockhash', optional: true, description: 'The hash of its block' },
  {
    type: 'number', name: 'confirmations', optional: true,
    description: 'How many blocks there are from that on; 0 if it is not in the chain',
  },
  { type: 'time', name: 'time', optional: true, description: 'As blocktime' },
  {
    type: 'time', name: 'blocktime', optional: true,
    description: 'The time of its block, seconds since 1970',
  },
];

const IN_ACTIVE_CHAIN: RpcResult = {
  type: 'boolean', name: 'in_active_chain', optional: true,
  description: 'Whether the block is in the chain; only told if one was named',
};

const getrawtransaction: ChainMethod = {
  name: 'getrawtransaction',
  category: 'rawtransactions',
  description:
    'Gives a transaction of the mempool or of a block that is named. With an index of transactions ' +
    '(-txindex) the block need not be named.\n' +
    'With verbosity 0 it gives the bytes, with 1 an object, with 2 also the fee and what was spent.',
  params: [
    { name: 'txid', type: 'hex', description: 'The id of the transaction' },
    {
      name: 'verbosity|verbose', type: 'number', default: new JsonNumber('0'), anyType: true,
      description: '0 for the bytes, 1 for an object, 2 for one with the fee and what was spent',
    },
    { name: 'blockhash', type: 'hex', optional: true, description: 'The hash of its block' },
  ],
  results: [
    { type: 'string', condition: 'for verbosity = 0', description: 'The transaction, in hex' },
    {
      type: 'object', condition: 'for verbosity = 1 and 2',
      inner: [IN_ACTIVE_CHAIN, ...transactionResult({ withPrevouts: true }), ...IN_BLOCK],
    },
  ],
  examples: [
    exampleCli('getrawtransaction', '"mytxid" 1 "myblockhash"'),
    exampleRpc('getrawtransaction', '"mytxid", 1, "myblockhash"'),
  ],
  handler: async (args, { chain }) => {
    const txid = asHash(args.raw('txid'), 'parameter 1');
    if (equalHashes(txid, chain.network.genesis.header.merkleRoot)) {
      throw new RpcError(
        RPC_INVALID_ADDRESS_OR_KEY,
        'The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved',
      );
    }
    const verbosity = args.get('verbosity', asVerbosity);
    const block = args.raw('blockhash');
    const waiting =
      block === null ? await chain.query({ type: 'mempool-transaction', txid }) : undefined;
    if (waiting !== undefined) return waitingToJson(chain, waiting, verbosity);
    const found = block === null
      ? await findByIndex(chain, txid)
      : await inNamedBlock(chain, txid, asHash(block, 'parameter 3'));
    if (typeof found === 'string') throw notFound(found);
    if (verbosity <= 0) return hexOf(found.view.bytes);
    return {
      ...(block !== null && { in_active_chain: chain.chain.contains(found.entry) }),
      ...(await minedToJson(chain, found, verbosity > 1)),
    };
  },
};

async function inNamedBlock(
  chain: ChainContext,
  txid: Uint8Array,
  hash: Uint8Array,
): Promise<MinedTransaction> {
  const entry = chain.headers.find(hash);
  if (entry === undefined) throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Block hash not found');
  const block = await chain.readBlock(hash);
  const found = block && (await findInBlock(block, entry, txid));
  if (found !== undefined) return found;
  if (!chain.chain.hasBlock(entry)) throw new RpcError(RPC_MISC_ERROR, 'Block not available');
  throw notFound('No such transaction found in the provided block');
}

function notFound(text: string): RpcError {
  return new RpcError(
    RPC_INVALID_ADDRESS_OR_KEY, `${text}. Use gettransaction for wallet transactions.`,
  );
}

/** A transaction of the mempool. What it spends is not told. */
function waitingToJson(
  { network }: ChainContext,
  bytes: Uint8Array,
  verbosity: number,
): Promise<JsonMembers> | string {
  if (verbosity <= 0) return hexOf(bytes);
  return transactionToJson(decodedView(TransactionView.of(bytes)), { chain: network.chain });
}

/** A transaction with its place in the chain (Core `TxToJSON`, rpc/rawtransaction.cpp). */
async function minedToJson(
  chain: ChainContext,
  { view, index, entry }: MinedTransaction,
  withPrevouts: boolean,
): Promise<JsonMembers> {
  const undo = withPrevouts && index > 0 ? await undoOf(chain, entry) : undefined;
  if (withPrevouts && index > 0 && undo === undefined) {
    throw new RpcError(RPC_INTERNAL_ERROR, UNDO_UNREADABLE);
  }
  const shown = await transactionToJson(decodedView(view), {
    chain: chain.network.chain,
    undo: undo?.[index - 1],
    prevouts: withPrevouts,
  });
  const { headers } = chain;
  const isActive = chain.chain.contains(entry);
  const time = headers.time(entry);
  return {
    ...shown,
    blockhash: hashToHex(headers.hash(entry)),
    confirmations: isActive ? 1 + chain.chain.height - headers.height(entry) : 0,
    ...(isActive && { time, blocktime: time }),
  };
}

/** The method that finds a transaction. */
export const getRawTransactionMethods: readonly ChainMethod[] = [getrawtransaction];
