import { hashFromHex, hashToHex, Reader, BlockHeader, toHex, type TransactionView } from '@btcp2p/wire';
import { asArray, asBoolean, asInt32, asObject, asString, asUint64 } from '../rpc/convert.ts';
import { JsonNumber, type JsonOutput, type JsonValue } from '../rpc/json-value.ts';
import {
  RPC_DESERIALIZATION_ERROR, RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER, RPC_METHOD_NOT_FOUND,
  RPC_VERIFY_ERROR, RpcError,
} from '../rpc/rpc-error.ts';
import { exampleCli, exampleRpc, helpText } from '../rpc/rpc-help.ts';
import type { RpcMethod } from '../rpc/rpc-method.ts';
import type { RpcParam } from '../rpc/rpc-param.ts';
import { amount } from '../rpc/write-json.ts';
import type { TemplateTransaction } from './block-template.ts';
import type { BlockTemplates } from './block-templates.ts';
import { scriptOfAddress, scriptOfDescriptor, scriptOfOutput } from './coinbase-script.ts';
import { decodeBlockHex, decodeHeaderHex, decodeTransactionHex } from './decode-hex.ts';
import { bitsHex, difficultyOf, networkHashRate, targetHex } from './difficulty.ts';
import { DEFAULT_MAX_TRIES, type Miner } from './miner.ts';
import { getblocktemplateText, getmininginfoText } from './mining-texts.ts';

/** The part of the node that the methods of mining work on. */
export interface MiningPart {
  readonly mining: { readonly miner: Miner; readonly templates: BlockTemplates };
}

type Method = RpcMethod<MiningPart>;

const MAX_TRIES: RpcParam = {
  name: 'maxtries',
  type: 'number',
  default: new JsonNumber(String(DEFAULT_MAX_TRIES)),
  description: 'How many nonces to try',
};

const HASHES = [
  {
    type: 'array',
    description: 'The hashes of the new blocks, in order',
    inner: [{ type: 'hex', name: '', description: 'The hash of a block' }],
  },
] as const;

const NULL_OR_REASON = (when: string) =>
  [
    { type: 'null', condition: `if the block ${when}` },
    { type: 'string', condition: 'otherwise', description: 'What is wrong, in the words of BIP 22' },
  ] as const;

const generatetoaddress: Method = {
  name: 'generatetoaddress',
  category: 'hidden',
  description: 'Mines blocks at once whose rewards go to an address.',
  params: [
    { name: 'nblocks', type: 'number', description: 'How many' },
    { name: 'address', type: 'string', description: 'Who gets the new coins' },
    MAX_TRIES,
  ],
  results: HASHES,
  examples: [exampleCli('generatetoaddress', '11 "myaddress"')],
  handler: (args, { mining: { miner } }, { signal }) => {
    const count = args.get('nblocks', asInt32);
    // Core converts a negative number so.
    const maxTries = BigInt.asUintN(64, BigInt(args.get('maxtries', asInt32)));
    const scriptPubKey = scriptOfAddress(args.get('address', asString), miner.context.network.chain);
    return miner.generate({ scriptPubKey, count, maxTries, signal });
  },
};

const generatetodescriptor: Method = {
  name: 'generatetodescriptor',
  category: 'hidden',
  description: 'Mines blocks at once whose rewards go to a descriptor.',
  params: [
    { name: 'num_blocks', type: 'number', description: 'How many' },
    { name: 'descriptor', type: 'string', description: 'Who gets the new coins' },
    MAX_TRIES,
  ],
  results: HASHES,
  examples: [exampleCli('generatetodescriptor', '11 "mydesc"')],
  handler: (args, { mining: { miner } }, { signal }) => {
    const count = args.get('num_blocks', asInt32);
    const maxTries = args.get('maxtries', asUint64);
    const descriptor = args.get('descriptor', asString);
    const scriptPubKey = scriptOfDescriptor(descriptor, miner.context.network.chain);
    return miner.generate({ scriptPubKey, count, maxTries, signal });
  },
};

const generateblock: Method = {
  name: 'generateblock',
  category: 'hidden',
  description: 'Mines a block at once that has just these transactions, in this order.',
  params: [
    { name: 'output', type: 'string', description: 'Address or descriptor that gets the new coins' },
    {
      name: 'transactions',
      type: 'array',
      description:
        'Transactions in hex, or ids of such as are in the mempool.\n' +
        'They must be valid in their order, or there is no block.',
      inner: [{ name: 'rawtx/txid', type: 'hex', optional: true, description: '' }],
    },
    {
      name: 'submit',
      type: 'boolean',
      default: true,
      description: 'Whether the block goes into the chain, and not to the caller',
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        { type: 'hex', name: 'hash', description: 'The hash of the block' },
        { type: 'hex', name: 'hex', optional: true, description: 'The block, if it was not submitted' },
      ],
    },
  ],
  examples: [exampleCli('generateblock', '"myaddress" \'["rawtx", "mempool_txid"]\'')],
  handler: async (args, { mining: { miner } }, { signal }) => {
    const scriptPubKey = scriptOfOutput(args.get('output', asString), miner.context.network.chain);
    const transactions: TemplateTransaction[] = [];
    for (const value of args.get('transactions', asArray)) {
      transactions.push({ transaction: await transactionOf(value, miner), fee: 0n, sigOpCost: 0 });
    }
    const submit = args.get('submit', asBoolean);
    const { hash, block } = await miner.generateBlock(scriptPubKey, transactions, submit, signal);
    return submit ? { hash } : { hash, hex: toHex(block) };
  },
};

async function transactionOf(value: JsonValue, miner: Miner): Promise<TransactionView> {
  const text = asString(value);
  if (/^[\dA-Fa-f]{64}$/.test(text)) {
    const waiting = await miner.context.mempool?.get(hashFromHex(text));
    if (waiting !== undefined) return waiting;
    throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, `Transaction ${text} not in mempool.`);
  }
  const transaction = decodeTransactionHex(text);
  if (transaction !== undefined) return transaction;
  throw new RpcError(
    RPC_DESERIALIZATION_ERROR,
    `Transaction decode failed for ${text}. Make sure the tx has at least one input.`,
  );
}

const generate: Method = {
  name: 'generate',
  category: 'hidden',
  description: 'has been replaced by the -generate cli option. Refer to -help for more information.',
  params: [],
  results: [],
  handler: () => {
    throw new RpcError(RPC_METHOD_NOT_FOUND, helpText(generate));
  },
};

const getnetworkhashps: Method = {
  name: 'getnetworkhashps',
  category: 'mining',
  description: 'Estimates how many hashes a second all miners together make, from the times of blocks.',
  params: [
    {
      name: 'nblocks',
      type: 'number',
      default: new JsonNumber('120'),
      description: 'How many blocks to look at, or -1 for those since the last change of difficulty',
    },
    {
      name: 'height',
      type: 'number',
      default: new JsonNumber('-1'),
      description: 'The height of the last of them, or -1 for the tip',
    },
  ],
  results: [{ type: 'number', description: 'Hashes a second' }],
  examples: [exampleCli('getnetworkhashps'), exampleRpc('getnetworkhashps')],
  handler: (args, { mining: { miner } }) => {
    const { headers, params } = miner.context;
    const tip = miner.context.tip();
    const lookup = args.get('nblocks', asInt32);
    const height = args.get('height', asInt32);
    if (lookup < -1 || lookup === 0) {
      throw new RpcError(
        RPC_INVALID_PARAMETER, 'Invalid nblocks. Must be a positive number or -1.',
      );
    }
    if (height < -1 || height > headers.height(tip)) {
      throw new RpcError(RPC_INVALID_PARAMETER, 'Block does not exist at specified height');
    }
    const last = height === -1 ? tip : headers.ancestor(tip, height);
    return networkHashRate(headers, last, lookup, params);
  },
};

const getmininginfo: Method = {
  ...getmininginfoText,
  handler: (_args, { mining: { miner } }) => {
    const { context, lastTemplate } = miner;
    const { headers, params } = context;
    const tip = context.tip();
    const bits = headers.bits(tip);
    const nextBits = miner.nextBits();
    return {
      blocks: headers.height(tip),
      ...(lastTemplate && {
        currentblockweight: lastTemplate.weight,
        currentblocktx: lastTemplate.transactions,
      }),
      bits: bitsHex(bits),
      difficulty: difficultyOf(bits),
      target: targetHex(bits),
      networkhashps: networkHashRate(headers, tip, 120, params),
      pooledtx: context.mempool?.size ?? 0,
      blockmintxfee: amount(miner.blockMinTxFee),
      chain: context.network.chain,
      next: {
        height: headers.height(tip) + 1,
        bits: bitsHex(nextBits),
        difficulty: difficultyOf(nextBits),
        target: targetHex(nextBits),
      },
      ...(params.signetChallenge && { signet_challenge: toHex(params.signetChallenge) }),
      warnings: context.warnings(),
    };
  },
};

const getblocktemplate: Method = {
  ...getblocktemplateText,
  handler: (args, { mining: { templates } }, { signal }) =>
    templates.request(args.maybe('template_request', asObject) ?? null, signal),
};

const submitblock: Method = {
  name: 'submitblock',
  category: 'mining',
  description: 'Hands in a block, to be checked, stored and told to peers (BIP 22).',
  params: [
    { name: 'hexdata', type: 'hex', description: 'The block' },
    { name: 'dummy', type: 'string', defaultHint: 'ignored', description: 'Nothing: BIP 22 has it' },
  ],
  results: NULL_OR_REASON('was accepted'),
  examples: [exampleCli('submitblock', '"mydata"'), exampleRpc('submitblock', '"mydata"')],
  handler: async (args, { mining: { miner } }) => {
    const block = decodeBlockHex(args.get('hexdata', asString));
    if (block === undefined) throw new RpcError(RPC_DESERIALIZATION_ERROR, 'Block decode failed');
    return (await miner.submit(block)) ?? null;
  },
};

const submitheader: Method = {
  name: 'submitheader',
  category: 'mining',
  description: 'Hands in a header, whose block is looked for at peers if it may become the tip.',
  params: [{ name: 'hexdata', type: 'hex', description: 'The header, 80 bytes' }],
  results: [{ type: 'null', description: 'Always, or else an error' }],
  examples: [exampleCli('submitheader', '"aabbcc"'), exampleRpc('submitheader', '"aabbcc"')],
  handler: async (args, { mining: { miner } }): Promise<JsonOutput> => {
    const header = decodeHeaderHex(args.get('hexdata', asString));
    if (header === undefined) {
      throw new RpcError(RPC_DESERIALIZATION_ERROR, 'Block header decode failed');
    }
    const { prevBlockHash } = BlockHeader.read(new Reader(header));
    if (miner.context.headers.find(prevBlockHash) === undefined) {
      const parent = hashToHex(prevBlockHash);
      throw new RpcError(RPC_VERIFY_ERROR, `Must submit previous header (${parent}) first`);
    }
    const reason = await miner.context.submitHeader(header);
    if (reason !== undefined) throw new RpcError(RPC_VERIFY_ERROR, reason);
    return null;
  },
};

/** The methods of mining, but for those of the mempool's priorities (Core rpc/mining.cpp). */
export const miningMethods: readonly Method[] = [
  getnetworkhashps, getmininginfo, getblocktemplate, submitblock, submitheader,
  generatetoaddress, generatetodescriptor, generateblock, generate,
];
