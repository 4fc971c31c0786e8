import { isUnspendable } from '@btcp2p/chainstate';
import { hashToHex, type TransactionView } from '@btcp2p/wire';
import type { TransactionVerdict } from '../../chain/chain-messages.ts';
import { decodeTransactionHex } from '../../mining/decode-hex.ts';
import type { ChainPart } from '../blockchain/chain-part.ts';
import { longQuery } from '../blockchain/long-query.ts';
import { asAmount, asArray, asFeeRate, asString } from '../convert.ts';
import type { JsonMembers } from '../json-value.ts';
import type { MempoolPart } from '../methods/mempool.ts';
import {
  RPC_CLIENT_MEMPOOL_DISABLED, RPC_DESERIALIZATION_ERROR, RPC_INVALID_PARAMETER,
  RPC_VERIFY_ERROR, RpcError,
} from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcMethod } from '../rpc-method.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';
import { hasValidOps } from './decode-transaction.ts';

type Method = RpcMethod<ChainPart & MempoolPart>;

/** Core `MAX_PACKAGE_COUNT` (policy/packages.h). */
const MAX_PACKAGE_COUNT = 25;

const MAX_FEE_RATE: RpcParam = {
  name: 'maxfeerate', type: 'amount', default: '0.10',
  description: 'The fee rate above which it is refused, in BTC per 1,000 virtual bytes; 0 for none',
};

const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });
const text = (name: string, description: string): RpcResult => ({ type: 'string', name, description });
const money = (name: string, description: string): RpcResult => ({ type: 'amount', name, description });
const optional = (result: RpcResult): RpcResult => ({ ...result, optional: true });

const testmempoolaccept: Method = {
  name: 'testmempoolaccept',
  category: 'rawtransactions',
  description:
    'Tells whether a transaction could be in the next block.\n' +
    'This version has no mempool yet: the transaction may spend nothing but outputs of blocks, and is ' +
    'checked by itself. It is judged by all rules of consensus, by the stricter rules for scripts that ' +
    'standard transactions are under, and by the lowest fee rate. What else makes one standard, such ' +
    'as the kinds of its outputs, is not looked at.',
  params: [
    {
      name: 'rawtxs', type: 'array', description: 'The transaction, the only element',
      inner: [{ name: 'rawtx', type: 'hex', optional: true, description: '' }],
    },
    MAX_FEE_RATE,
  ],
  results: [
    {
      type: 'array',
      inner: [{
        type: 'object', name: '',
        inner: [
          hex('txid', 'Its id'),
          hex('wtxid', 'Its id with witnesses'),
          { type: 'boolean', name: 'allowed', description: 'Whether it could' },
          optional({ type: 'number', name: 'vsize', description: 'Its virtual bytes' }),
          optional({
            type: 'object', name: 'fees', description: 'What it pays',
            inner: [
              money('base', 'Its fee, in BTC'),
              money('effective-feerate', 'Its fee rate, in BTC per 1,000 virtual bytes'),
              {
                type: 'array', name: 'effective-includes', description: 'What that is the rate of: it alone',
                inner: [hex('', 'Its id with witnesses')],
              },
            ],
          }),
          optional(text('reject-reason', 'Why not')),
          optional(text('reject-details', 'Why not, in detail')),
        ],
      }],
    },
  ],
  examples: [
    exampleCli('testmempoolaccept', '\'["signedhex"]\''), exampleRpc('testmempoolaccept', '["signedhex"]'),
  ],
  handler: async (args, { chain, mempool }) => {
    const texts = args.get('rawtxs', asArray);
    if (texts.length < 1 || texts.length > MAX_PACKAGE_COUNT) {
      throw new RpcError(
        RPC_INVALID_PARAMETER,
        `Array must contain between 1 and ${MAX_PACKAGE_COUNT} transactions.`,
      );
    }
    const maxFeeRate = args.get('maxfeerate', asFeeRate);
    const views = texts.map((value) => {
      const hexText = asString(value);
      const view = decodeTransactionHex(hexText);
      if (view !== undefined) return view;
      throw new RpcError(
        RPC_DESERIALIZATION_ERROR,
        `TX decode failed: ${hexText} Make sure the tx has at least one input.`,
      );
    });
    if (views.length > 1) throw noMempool('Several transactions cannot be checked together');
    const [view] = views as [TransactionView];
    const verdict = await longQuery(chain, {
      type: 'test-transaction',
      bytes: view.bytes.slice(),
      minRelayFeeRate: mempool.minRelayFeeRate,
    });
    const [txid, wtxid] = [hashToHex(view.txid()), hashToHex(view.wtxid())];
    return [{ txid, wtxid, ...verdictToJson(verdict, wtxid, maxFeeRate) }];
  },
};

function verdictToJson(
  verdict: TransactionVerdict,
  wtxid: string,
  maxFeeRate: bigint,
): JsonMembers {
  if (verdict.status === 'invalid') {
    const { reason, debug } = verdict;
    if (reason === 'bad-txns-inputs-missingorspent') {
      return { allowed: false, 'reject-reason': 'missing-inputs' };
    }
    const details = debug === '' ? reason : `${reason}, ${debug}`;
    return { allowed: false, 'reject-reason': reason, 'reject-details': details };
  }
  const { fee, virtualSize } = verdict;
  const size = BigInt(virtualSize);
  const most = (maxFeeRate * size + 999n) / 1_000n;
  if (most > 0n && fee > most) return { allowed: false, 'reject-reason': 'max-fee-exceeded' };
  return {
    allowed: true,
    vsize: virtualSize,
    fees: {
      base: amount(fee),
      'effective-feerate': amount((fee * 1_000n) / size),
      'effective-includes': [wtxid],
    },
  };
}

function noMempool(what: string): RpcError {
  return new RpcError(
    RPC_CLIENT_MEMPOOL_DISABLED, `${what}: this version has no mempool yet`,
  );
}

const sendrawtransaction: Method = {
  name: 'sendrawtransaction',
  category: 'rawtransactions',
  description:
    'Takes a transaction into the mempool, and tells peers.\n' +
    'This version has no mempool yet: what can be read is refused.',
  params: [
    { name: 'hexstring', type: 'hex', description: 'The transaction' },
    MAX_FEE_RATE,
    {
      name: 'maxburnamount', type: 'amount', default: '0.00',
      description: 'The amount above which an output is refused that nobody can spend, in BTC',
    },
  ],
  results: [{ type: 'hex', description: 'The id of the transaction' }],
  examples: [
    exampleCli('sendrawtransaction', '"signedhex"'), exampleRpc('sendrawtransaction', '"signedhex"'),
  ],
  handler: (args) => {
    const maxBurnt = args.get('maxburnamount', asAmount);
    const view = decodeTransactionHex(args.get('hexstring', asString));
    if (view === undefined) {
      throw new RpcError(
        RPC_DESERIALIZATION_ERROR, 'TX decode failed. Make sure the tx has at least one input.',
      );
    }
    for (const { value, scriptPubKey } of view.transaction().outputs) {
      const isBurnt = isUnspendable(scriptPubKey) || !hasValidOps(scriptPubKey);
      if (isBurnt && value > maxBurnt) {
        throw new RpcError(
          RPC_VERIFY_ERROR, 'Unspendable output exceeds maximum configured by user (maxburnamount)',
        );
      }
    }
    args.get('maxfeerate', asFeeRate);
    throw noMempool(`Transaction ${hashToHex(view.txid())} cannot be sent`);
  },
};

/** The methods that hand in transactions. */
export const submitTransactionMethods: readonly Method[] = [testmempoolaccept, sendrawtransaction];
