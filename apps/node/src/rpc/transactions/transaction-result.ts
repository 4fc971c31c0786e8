import type { RpcResult } from '../rpc-result.ts';
import { SCRIPT_RESULT } from './script-result.ts';

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });
const optional = (result: RpcResult): RpcResult => ({ ...result, optional: true });

const INPUT: readonly RpcResult[] = [
  optional(hex('coinbase', 'The script of a coinbase, in place of the three that follow')),
  optional(hex('txid', 'The id of the transaction whose output it spends')),
  optional(number('vout', 'Which output of that')),
  optional({
    type: 'object', name: 'scriptSig', description: 'The script',
    inner: [
      { type: 'string', name: 'asm', description: 'Its opcodes and data' },
      hex('hex', 'Its bytes'),
    ],
  }),
  optional({
    type: 'array', name: 'txinwitness', description: 'The witness, if there is one',
    inner: [hex('hex', 'An item')],
  }),
];

const PREVOUT: RpcResult = optional({
  type: 'object', name: 'prevout', description: 'What it spends, if that is known',
  inner: [
    { type: 'boolean', name: 'generated', description: 'Whether it is the reward of a miner' },
    number('height', 'The height of its block'),
    { type: 'amount', name: 'value', description: 'How much it is, in BTC' },
    { type: 'object', name: 'scriptPubKey', description: 'Its script', inner: SCRIPT_RESULT },
  ],
});

/** What `transactionToJson` gives, `hex` apart. */
export function transactionResult({ withPrevouts = false } = {}): readonly RpcResult[] {
  return [
    hex('txid', 'The id'),
    hex('hash', 'The id with witnesses'),
    number('version', 'The version'),
    number('size', 'Bytes'),
    number('vsize', 'A quarter of the weight, rounded up'),
    number('weight', 'The weight (BIP 141)'),
    { type: 'time', name: 'locktime', description: 'The lock time' },
    {
      type: 'array', name: 'vin', description: 'The inputs',
      inner: [{
        type: 'object', name: '',
        inner: [
          ...INPUT, ...(withPrevouts ? [PREVOUT] : []), number('sequence', 'The sequence number'),
        ],
      }],
    },
    {
      type: 'array', name: 'vout', description: 'The outputs',
      inner: [{
        type: 'object', name: '',
        inner: [
          { type: 'amount', name: 'value', description: 'How much it is, in BTC' },
          number('n', 'Its place, from 0'),
          { type: 'object', name: 'scriptPubKey', description: 'The script', inner: SCRIPT_RESULT },
        ],
      }],
    },
    ...(withPrevouts
      ? [optional({ type: 'amount', name: 'fee', description: 'What it pays, if that is known' })]
      : []),
  ];
}
