import type { Chain } from '@btcp2p/wire';
import { asBoolean, asString } from '../convert.ts';
import { RPC_DESERIALIZATION_ERROR, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcMethod } from '../rpc-method.ts';
import { decodeTransaction } from './decode-transaction.ts';
import { transactionResult } from './transaction-result.ts';
import { transactionToJson } from './transaction-json.ts';

/** What methods need that work on bytes alone. */
export interface NetworkPart {
  readonly chain: { readonly network: { readonly chain: Chain } };
}

const decoderawtransaction: RpcMethod<NetworkPart> = {
  name: 'decoderawtransaction',
  category: 'rawtransactions',
  description: 'Tells what a transaction says.',
  params: [
    { name: 'hexstring', type: 'hex', description: 'The transaction' },
    {
      name: 'iswitness', type: 'boolean', defaultHint: 'by what makes sense',
      description:
        'Whether it is in the form with witnesses (BIP 144), or else in the one without.\n' +
        'Some bytes without inputs can be read both ways.',
    },
  ],
  results: [{ type: 'object', inner: transactionResult() }],
  examples: [
    exampleCli('decoderawtransaction', '"hexstring"'), exampleRpc('decoderawtransaction', '"hexstring"'),
  ],
  handler: async (args, { chain: { network } }) => {
    const isWitness = args.maybe('iswitness', asBoolean);
    const forms = { witness: isWitness ?? true, legacy: !(isWitness ?? false) };
    const decoded = decodeTransaction(args.get('hexstring', asString), forms);
    if (decoded === undefined) throw new RpcError(RPC_DESERIALIZATION_ERROR, 'TX decode failed');
    return transactionToJson(decoded, { chain: network.chain, includeHex: false });
  },
};

/** The methods that work on bytes of transactions alone. */
export const decodeMethods: readonly RpcMethod<NetworkPart>[] = [decoderawtransaction];
