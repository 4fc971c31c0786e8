import { exampleCli, exampleRpc } from '../rpc/rpc-help.ts';
import type { RpcMethodText } from '../rpc/rpc-method.ts';
import type { RpcResult } from '../rpc/rpc-result.ts';

/** What `getmininginfo` says about itself. */
export const getmininginfoText: RpcMethodText = {
  name: 'getmininginfo',
  category: 'mining',
  description: 'Tells what matters to miners.',
  params: [],
  results: [
    {
      type: 'object',
      inner: [
        { type: 'number', name: 'blocks', description: 'The height of the tip' },
        {
          type: 'number', name: 'currentblockweight', optional: true,
          description: 'Weight of the last template, with what is kept free, if there was one',
        },
        {
          type: 'number', name: 'currentblocktx', optional: true,
          description: 'Transactions of the last template but for the coinbase, if there was one',
        },
        { type: 'hex', name: 'bits', description: 'The target of the tip in compact form' },
        { type: 'number', name: 'difficulty', description: 'The difficulty of the tip' },
        { type: 'hex', name: 'target', description: 'The target of the tip' },
        { type: 'number', name: 'networkhashps', description: 'Hashes a second of all miners' },
        { type: 'number', name: 'pooledtx', description: 'Transactions in the mempool' },
        {
          type: 'amount', name: 'blockmintxfee',
          description: 'The lowest fee rate that gets a transaction into a template, in BTC/kvB',
        },
        { type: 'string', name: 'chain', description: 'Which network it is' },
        {
          type: 'hex', name: 'signet_challenge', optional: true,
          description: 'What blocks must be signed for; only of a signet',
        },
        {
          type: 'object', name: 'next', description: 'The block after the tip',
          inner: [
            { type: 'number', name: 'height', description: 'Its height' },
            { type: 'hex', name: 'bits', description: 'Its target in compact form' },
            { type: 'number', name: 'difficulty', description: 'Its difficulty' },
            { type: 'hex', name: 'target', description: 'Its target' },
          ],
        },
        {
          type: 'array', name: 'warnings', description: 'What the node has to warn of',
          inner: [{ type: 'string', name: '', description: 'A warning' }],
        },
      ],
    },
  ],
  examples: [exampleCli('getmininginfo'), exampleRpc('getmininginfo')],
};

const TRANSACTION: readonly RpcResult[] = [
  { type: 'hex', name: 'data', description: 'The transaction' },
  { type: 'hex', name: 'txid', description: 'Its hash without witnesses' },
  { type: 'hex', name: 'hash', description: 'Its hash with witnesses' },
  {
    type: 'array', name: 'depends',
    description: 'Transactions that must come before it',
    inner: [{ type: 'number', name: '', description: 'A place in this list, from 1' }],
  },
  { type: 'number', name: 'fee', description: 'What the miner may take, in satoshis' },
  { type: 'number', name: 'sigops', description: 'What it counts against sigoplimit' },
  { type: 'number', name: 'weight', description: 'What it counts against weightlimit' },
];

const TEMPLATE: readonly RpcResult[] = [
  { type: 'number', name: 'version', description: 'The version to use' },
  {
    type: 'array', name: 'rules', description: 'Rules that hold',
    inner: [{ type: 'string', name: '', description: 'A rule; with ! one that must be known' }],
  },
  {
    type: 'map', name: 'vbavailable', description: 'Rules that can be signalled for (BIP 9)',
    inner: [{ type: 'number', name: 'rulename', description: 'The bit to do so' }],
  },
  {
    type: 'array', name: 'capabilities', description: 'What this server can do',
    inner: [{ type: 'string', name: 'value', description: 'Such as "proposal"' }],
  },
  { type: 'number', name: 'vbrequired', description: 'Bits of the version that must be set' },
  { type: 'string', name: 'previousblockhash', description: 'The hash of the tip' },
  {
    type: 'array', name: 'transactions', description: 'What to put behind the coinbase',
    inner: [{ type: 'object', name: '', inner: TRANSACTION }],
  },
  {
    type: 'map', name: 'coinbaseaux', description: 'What to put into the coinbase',
    inner: [{ type: 'hex', name: 'key', description: 'Bytes for the scriptSig' }],
  },
  {
    type: 'number', name: 'coinbasevalue',
    description: 'The most that the coinbase may pay, in satoshis: subsidy and fees',
  },
  { type: 'string', name: 'longpollid', description: 'To be sent with a request that waits for news' },
  { type: 'string', name: 'target', description: 'What the hash of the block may be at most' },
  { type: 'time', name: 'mintime', description: 'The earliest time of the block' },
  {
    type: 'array', name: 'mutable', description: 'What may be changed',
    inner: [{ type: 'string', name: 'value', description: 'Such as "time"' }],
  },
  { type: 'hex', name: 'noncerange', description: 'The first and the last nonce' },
  { type: 'number', name: 'sigoplimit', description: 'Most signature operations of a block' },
  { type: 'number', name: 'sizelimit', description: 'Most bytes of a block' },
  { type: 'number', name: 'weightlimit', optional: true, description: 'Most weight of a block' },
  { type: 'time', name: 'curtime', description: 'The time to use' },
  { type: 'string', name: 'bits', description: 'The target in compact form' },
  { type: 'number', name: 'height', description: 'The height of the block' },
  { type: 'hex', name: 'signet_challenge', optional: true, description: 'Only of a signet' },
  {
    type: 'hex', name: 'default_witness_commitment', optional: true,
    description: 'The output script that commits to the witnesses of just these transactions',
  },
];

/** What `getblocktemplate` says about itself. */
export const getblocktemplateText: RpcMethodText = {
  name: 'getblocktemplate',
  category: 'mining',
  description:
    'Gives a block to work on, or checks a proposed one (mode "proposal").\n' +
    'See BIP 22, BIP 23, BIP 9 (section getblocktemplate changes) and BIP 145.',
  params: [
    {
      name: 'template_request',
      type: 'object',
      description: 'What is wanted',
      inner: [
        {
          name: 'mode', type: 'string', optional: true,
          description: '"template", which is what is meant without it, or "proposal" (BIP 23)',
        },
        {
          name: 'capabilities', type: 'array', optional: true, description: 'What the client can do',
          inner: [{
            name: 'str', type: 'string', optional: true,
            description: "Such as 'longpoll', 'coinbasevalue', 'proposal', 'serverlist', 'workid'",
          }],
        },
        {
          name: 'rules', type: 'array', description: 'The rules that the client knows',
          inner: [
            { name: 'segwit', type: 'string', description: 'This one must be among them' },
            { name: 'str', type: 'string', optional: true, description: 'Another' },
          ],
        },
        {
          name: 'longpollid', type: 'string', optional: true,
          description: 'To wait until there is something newer than the template with this id',
        },
        {
          name: 'data', type: 'hex', optional: true,
          description: 'The block to check, only of mode "proposal"',
        },
      ],
    },
  ],
  results: [
    { type: 'null', condition: 'if a proposal was accepted' },
    { type: 'string', condition: 'if not', description: 'What is wrong, in the words of BIP 22' },
    { type: 'object', condition: 'of mode "template"', inner: TEMPLATE },
  ],
  examples: [
    exampleCli('getblocktemplate', '\'{"rules": ["segwit"]}\''),
    exampleRpc('getblocktemplate', '{"rules": ["segwit"]}'),
  ],
};
