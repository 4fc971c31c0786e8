import { hashToHex, type OutPoint } from '@btcp2p/wire';
import { asArray, asHash, asInt32, asObject } from '../convert.ts';
import { typeName, type JsonTypeName, type JsonValue } from '../json-value.ts';
import { RPC_INVALID_PARAMETER, RPC_TYPE_ERROR, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { MempoolMethod } from './mempool-part.ts';

const MEMBERS: readonly (readonly [name: string, type: JsonTypeName])[] = [
  ['txid', 'string'], ['vout', 'number'],
];

const gettxspendingprevout: MempoolMethod = {
  name: 'gettxspendingprevout',
  category: 'blockchain',
  description: 'Tells which transactions of the mempool spend some outputs.',
  params: [
    {
      name: 'outputs', type: 'array', description: 'The outputs',
      inner: [{
        name: '', type: 'object', optional: true, description: '',
        inner: [
          { name: 'txid', type: 'hex', description: 'The id of the transaction that has it' },
          { name: 'vout', type: 'number', description: 'Which of its outputs, from 0' },
        ],
      }],
    },
  ],
  results: [
    {
      type: 'array',
      inner: [{
        type: 'object', name: '',
        inner: [
          { type: 'hex', name: 'txid', description: 'The id of the transaction that has it' },
          { type: 'number', name: 'vout', description: 'Which of its outputs' },
          {
            type: 'hex', name: 'spendingtxid', optional: true,
            description: 'The id of the transaction that spends it, if there is one',
          },
        ],
      }],
    },
  ],
  examples: [
    exampleCli('gettxspendingprevout', `"[{\\"txid\\":\\"${'a0'.repeat(32)}\\",\\"vout\\":3}]"`),
    exampleRpc('gettxspendingprevout', `"[{\\"txid\\":\\"${'a0'.repeat(32)}\\",\\"vout\\":3}]"`),
  ],
  handler: async (args, { chain }) => {
    const outputs = args.get('outputs', asArray);
    if (outputs.length === 0) {
      throw new RpcError(RPC_INVALID_PARAMETER, 'Invalid parameter, outputs are missing');
    }
    const outpoints = outputs.map(outPointOf);
    const spenders = await chain.query({ type: 'mempool-spenders', outpoints });
    return outpoints.map(({ txid, index }, i) => {
      const spender = spenders[i];
      return {
        txid: hashToHex(txid),
        vout: index,
        spendingtxid: spender && hashToHex(spender),
      };
    });
  },
};

function outPointOf(value: JsonValue): OutPoint {
  const object = asObject(value);
  for (const [name, type] of MEMBERS) {
    const member = object.get(name);
    if (member === null) throw new RpcError(RPC_TYPE_ERROR, `Missing ${name}`);
    const actual = typeName(member);
    if (actual === type) continue;
    throw new RpcError(
      RPC_TYPE_ERROR,
      `JSON value of type ${actual} for field ${name} is not of expected type ${type}`,
    );
  }
  const unknown = object.keys.find((key) => !MEMBERS.some(([name]) => name === key));
  if (unknown !== undefined) throw new RpcError(RPC_TYPE_ERROR, `Unexpected key ${unknown}`);
  const txid = asHash(object.get('txid'), 'txid');
  const index = asInt32(object.get('vout'));
  if (index >= 0) return { txid, index };
  throw new RpcError(RPC_INVALID_PARAMETER, 'Invalid parameter, vout cannot be negative');
}

/** The methods about who spends what. */
export const spendingMethods: readonly MempoolMethod[] = [gettxspendingprevout];
