import { difficultyOf } from '../../mining/difficulty.ts';
import { asBoolean, asHash, asInt32, asVerbosity } from '../convert.ts';
import { hexOf } from '../hex.ts';
import { JsonNumber } from '../json-value.ts';
import { RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { blockToJson, headerToJson, readStoredBlock } from './block-json.ts';
import { blockHashHex, findBlock, type ChainMethod } from './chain-part.ts';

const EXAMPLE_HASH = '"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09"';

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const time = (name: string, description: string): RpcResult => ({ type: 'time', name, description });
const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });

const getblockcount: ChainMethod = {
  name: 'getblockcount',
  category: 'blockchain',
  description: 'Tells the height of the chain: how many blocks there are above the first one.',
  params: [],
  results: [{ type: 'number', description: 'The height of the tip' }],
  examples: [exampleCli('getblockcount'), exampleRpc('getblockcount')],
  handler: (_args, { chain }) => chain.chain.height,
};

const getbestblockhash: ChainMethod = {
  name: 'getbestblockhash',
  category: 'blockchain',
  description: 'Tells the hash of the last block of the chain.',
  params: [],
  results: [{ type: 'hex', description: 'The hash of the tip' }],
  examples: [exampleCli('getbestblockhash'), exampleRpc('getbestblockhash')],
  handler: (_args, { chain }) => blockHashHex(chain, chain.chain.tip()),
};

const getdifficulty: ChainMethod = {
  name: 'getdifficulty',
  category: 'blockchain',
  description: 'Tells how many times harder the last block was to make than the easiest possible.',
  params: [],
  results: [{ type: 'number', description: 'The difficulty' }],
  examples: [exampleCli('getdifficulty'), exampleRpc('getdifficulty')],
  handler: (_args, { chain }) => difficultyOf(chain.headers.bits(chain.chain.tip())),
};

const getblockhash: ChainMethod = {
  name: 'getblockhash',
  category: 'blockchain',
  description: 'Tells the hash of the block at a height of the chain.',
  params: [{ name: 'height', type: 'number', description: 'The height' }],
  results: [{ type: 'hex', description: 'The hash of the block' }],
  examples: [exampleCli('getblockhash', '1000'), exampleRpc('getblockhash', '1000')],
  handler: (args, { chain }) => {
    const entry = chain.chain.at(args.get('height', asInt32));
    if (entry === undefined) {
      throw new RpcError(RPC_INVALID_PARAMETER, 'Block height out of range');
    }
    return blockHashHex(chain, entry);
  },
};

const HEADER: readonly RpcResult[] = [
  hex('hash', 'The hash of the block'),
  number('confirmations', 'How many blocks there are from it on, or -1 if it is not in the chain'),
  number('height', 'Its height'),
  number('version', 'Its version'),
  hex('versionHex', 'Its version in hex'),
  hex('merkleroot', 'The root of its transactions'),
  time('time', 'Its time in seconds since 1970'),
  time('mediantime', 'The median of its time and those of the 10 blocks before it'),
  number('nonce', 'The nonce'),
  hex('bits', 'The target, in short form'),
  hex('target', 'The target'),
  number('difficulty', 'The difficulty'),
  hex('chainwork', 'How many hashes it took to make the chain up to it, as expected'),
  number('nTx', 'How many transactions it has; 0 if it has not been here'),
  { ...hex('previousblockhash', 'The hash of the block before it'), optional: true },
  { ...hex('nextblockhash', 'The hash of the block after it'), optional: true },
];

const getblockheader: ChainMethod = {
  name: 'getblockheader',
  category: 'blockchain',
  description: 'Tells about a block what is known by its header.',
  params: [
    { name: 'blockhash', type: 'hex', description: 'The hash of the block' },
    {
      name: 'verbose', type: 'boolean', default: true,
      description: 'Whether to tell it as an object, and not give the header in hex',
    },
  ],
  results: [
    { type: 'object', condition: 'for verbose = true', inner: HEADER },
    { type: 'hex', condition: 'for verbose = false', description: 'The header, 80 bytes' },
  ],
  examples: [exampleCli('getblockheader', EXAMPLE_HASH), exampleRpc('getblockheader', EXAMPLE_HASH)],
  handler: async (args, { chain }) => {
    const entry = findBlock(chain, asHash(args.raw('blockhash'), 'hash'));
    if (!args.get('verbose', asBoolean)) return hexOf(chain.headers.headerBytes(entry));
    const [facts] = await chain.query({ type: 'block-facts', entries: [entry] });
    return headerToJson(chain, entry, facts!.transactions);
  },
};

const BLOCK: readonly RpcResult[] = [
  ...HEADER,
  number('strippedsize', 'Bytes of the block without witnesses'),
  number('size', 'Bytes of the block'),
  number('weight', 'Its weight (BIP 141)'),
];

const getblock: ChainMethod = {
  name: 'getblock',
  category: 'blockchain',
  description:
    'Gives a block: with verbosity 0 its bytes, with 1 what is to say about it and the ids of its ' +
    'transactions, with 2 its transactions as getrawtransaction shows them, with their fees if known, ' +
    'with 3 also what each of their inputs spent, if known.',
  params: [
    { name: 'blockhash', type: 'hex', description: 'The hash of the block' },
    {
      name: 'verbosity|verbose', type: 'number', default: new JsonNumber('1'), anyType: true,
      description: '0 for the bytes, 1 for an object, 2 with transactions, 3 with what they spent',
    },
  ],
  results: [
    { type: 'hex', condition: 'for verbosity = 0', description: 'The block' },
    {
      type: 'object', condition: 'for verbosity = 1',
      inner: [
        ...BLOCK,
        {
          type: 'array', name: 'tx', description: 'The transactions',
          inner: [{ type: 'hex', name: '', description: 'The id of a transaction' }],
        },
      ],
    },
    {
      type: 'object', condition: 'for verbosity = 2 and 3',
      inner: [
        ...BLOCK,
        {
          type: 'array', name: 'tx', description: 'The transactions',
          inner: [{
            type: 'object', name: '',
            inner: [{ type: 'elision', name: '', description: 'As getrawtransaction shows it' }],
          }],
        },
      ],
    },
  ],
  examples: [exampleCli('getblock', EXAMPLE_HASH), exampleRpc('getblock', EXAMPLE_HASH)],
  handler: async (args, { chain }) => {
    const hash = args.get('blockhash', asHash);
    const verbosity = args.get('verbosity', asVerbosity);
    const entry = findBlock(chain, hash);
    const block = await readStoredBlock(chain, entry);
    if (verbosity <= 0) return hexOf(block.bytes);
    const detail = verbosity === 1 ? 'txids' : verbosity === 2 ? 'transactions' : 'prevouts';
    return blockToJson(chain, entry, block, detail);
  },
};

/** The methods that find and show blocks of the chain. */
export const blockMethods: readonly ChainMethod[] = [
  getbestblockhash, getblock, getblockcount, getblockhash, getblockheader, getdifficulty,
];
