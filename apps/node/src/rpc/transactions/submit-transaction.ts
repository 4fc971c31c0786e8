import { isUnspendable } from '@btcp2p/chainstate';
import { feeOf, refusalText } from '@btcp2p/mempool';
import { hashToHex, type TransactionView } from '@btcp2p/wire';
import type { MempoolVerdict, SendAnswer } from '../../chain/mempool-messages.ts';
import { decodeTransactionHex } from '../../mining/decode-hex.ts';
import { asAmount, asArray, asFeeRate, asString } from '../convert.ts';
import type { JsonMembers } from '../json-value.ts';
import type { MempoolMethod } from '../mempool/mempool-part.ts';
import {
  RPC_DESERIALIZATION_ERROR, RPC_INVALID_PARAMETER, RPC_TRANSACTION_REJECTED,
  RPC_VERIFY_ALREADY_IN_UTXO_SET, RPC_VERIFY_ERROR, RpcError,
} from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';
import { hasValidOps } from './decode-transaction.ts';

/** Core `MAX_PACKAGE_COUNT` (policy/packages.h). */
const MAX_PACKAGE_COUNT = 25;

const MAX_FEE_RATE: RpcParam = {
  name: 'maxfeerate', type: 'amount', default: '0.10',
  description: 'The fee rate above which it is refused, in BTC per 1,000 virtual bytes; 0 for none',
};

/** What is not looked at: the help says so. */
const NOT_POLICY =
  'It is judged by all rules of consensus, by the stricter rules for scripts that standard transactions ' +
  'are under, by the lowest fee rate and by how much may hang together. What else makes a transaction ' +
  'standard, such as the kinds of its outputs, is not looked at, and none replaces another.';

const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });
const text = (name: string, description: string): RpcResult => ({ type: 'string', name, description });
const money = (name: string, description: string): RpcResult => ({ type: 'amount', name, description });
const optional = (result: RpcResult): RpcResult => ({ ...result, optional: true });

const testmempoolaccept: MempoolMethod = {
  name: 'testmempoolaccept',
  category: 'rawtransactions',
  description:
    'Tells whether transactions would be taken into the mempool.\n' +
    `${NOT_POLICY}\n` +
    'Several are judged each by itself: none may spend outputs of another. If one is refused, nothing is ' +
    'said of the others.',
  params: [
    {
      name: 'rawtxs', type: 'array', description: 'The transactions',
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
          optional(text('package-error', 'What is wrong with all of them together: never told yet')),
          optional({ type: 'boolean', name: 'allowed', description: 'Whether it would be' }),
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
  handler: async (args, { chain }) => {
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
    const transactions = views.map((view) => view.bytes.slice());
    const verdicts = await chain.query({ type: 'mempool-test', transactions });
    return verdictsToJson(views, verdicts, maxFeeRate);
  },
};

/** Core leaves the verdict out where it is of no use any more: after a fee that is too high, or a refusal. */
function verdictsToJson(
  views: readonly TransactionView[],
  verdicts: readonly MempoolVerdict[],
  maxFeeRate: bigint,
): JsonMembers[] {
  const refused = verdicts.findIndex(({ status }) => status === 'refused');
  let isOver = false;
  return views.map((view, i) => {
    const [txid, wtxid] = [hashToHex(view.txid()), hashToHex(view.wtxid())];
    if (isOver || (refused >= 0 && i !== refused)) return { txid, wtxid };
    const told = verdictToJson(verdicts[i]!, wtxid, maxFeeRate);
    isOver = told['reject-reason'] === 'max-fee-exceeded';
    return { txid, wtxid, ...told };
  });
}

function verdictToJson(verdict: MempoolVerdict, wtxid: string, maxFeeRate: bigint): JsonMembers {
  if (verdict.status === 'refused') {
    if (verdict.isMissingInputs) return { allowed: false, 'reject-reason': 'missing-inputs' };
    const { reason } = verdict;
    return { allowed: false, 'reject-reason': reason, 'reject-details': refusalText(verdict) };
  }
  const { fee, virtualSize } = verdict;
  const most = feeOf(maxFeeRate, virtualSize);
  if (most > 0n && fee > most) return { allowed: false, 'reject-reason': 'max-fee-exceeded' };
  return {
    allowed: true,
    vsize: virtualSize,
    fees: {
      base: amount(fee),
      'effective-feerate': amount((fee * 1_000n) / BigInt(virtualSize)),
      'effective-includes': [wtxid],
    },
  };
}

const sendrawtransaction: MempoolMethod = {
  name: 'sendrawtransaction',
  category: 'rawtransactions',
  description:
    'Takes a transaction into the mempool of this node, to be mined by it. Peers are not told of it yet.\n' +
    NOT_POLICY,
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
  handler: async (args, { chain }) => {
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
    // The size that BIP 141 has, whatever its signature operations.
    const maxFee = feeOf(args.get('maxfeerate', asFeeRate), Math.ceil(view.weight / 4));
    const transaction = view.bytes.slice();
    const answer = await chain.query({ type: 'mempool-send', transaction, maxFee });
    throwIfRefused(answer);
    return hashToHex(view.txid());
  },
};

/** Core `JSONRPCTransactionError` (rpc/util.cpp). */
function throwIfRefused(answer: SendAnswer): void {
  switch (answer.status) {
    case 'sent':
    case 'in-mempool':
      return;
    case 'in-chain':
      throw new RpcError(
        RPC_VERIFY_ALREADY_IN_UTXO_SET, 'Transaction outputs already in utxo set',
      );
    case 'max-fee-exceeded':
      throw new RpcError(
        RPC_VERIFY_ERROR,
        'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)',
      );
    case 'refused': {
      const code = answer.isMissingInputs ? RPC_VERIFY_ERROR : RPC_TRANSACTION_REJECTED;
      throw new RpcError(code, refusalText(answer));
    }
  }
}

/** The methods that hand in transactions. */
export const submitTransactionMethods: readonly MempoolMethod[] = [
  testmempoolaccept, sendrawtransaction,
];
