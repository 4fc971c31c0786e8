import { OP_RETURN, pushOf } from '@btcp2p/script';
import { encode, toHex, Transaction, type Chain, type TxIn, type TxOut } from '@btcp2p/wire';
import { decodeAddress } from '../../descriptors/address.ts';
import {
  asAmount, asArray, asBoolean, asBytes, asHash, asInt32, asInt64, asObject, asUint32,
} from '../convert.ts';
import { JsonNumber, JsonObject, type JsonValue } from '../json-value.ts';
import { RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcMethod } from '../rpc-method.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { NetworkPart } from './decode-methods.ts';

/** Core `TX_MIN_STANDARD_VERSION` and `TX_MAX_STANDARD_VERSION` (policy/policy.h). */
const MIN_VERSION = 1;
const MAX_VERSION = 3;

const MAX_LOCK_TIME = 0xffff_ffffn;
const SEQUENCE_FINAL = 0xffff_ffff;
/** Core `MAX_BIP125_RBF_SEQUENCE` (util/rbf.h): the highest that says that it may be replaced. */
const SEQUENCE_REPLACEABLE = 0xffff_fffd;

const INPUTS: RpcParam = {
  name: 'inputs', type: 'array', description: 'What it spends',
  inner: [{
    name: '', type: 'object', optional: true, description: '',
    inner: [
      { name: 'txid', type: 'hex', description: 'The id of a transaction' },
      { name: 'vout', type: 'number', description: 'Which output of that' },
      {
        name: 'sequence', type: 'number', defaultHint: "by 'replaceable' and 'locktime'",
        description: 'The sequence number',
      },
    ],
  }],
};

const OUTPUTS: RpcParam = {
  name: 'outputs', type: 'array', anyType: true,
  description:
    'What it creates: one member for each output. No address may come twice, and "data" neither.\n' +
    'They may also be the members of one object.',
  inner: [
    {
      name: '', type: 'user-keys', optional: true, description: '',
      inner: [{ name: 'address', type: 'amount', description: 'An address, and how much, in BTC' }],
    },
    {
      name: '', type: 'object', optional: true, description: '',
      inner: [{ name: 'data', type: 'hex', description: '"data", and bytes to put into an output' }],
    },
  ],
};

const createrawtransaction: RpcMethod<NetworkPart> = {
  name: 'createrawtransaction',
  category: 'rawtransactions',
  description: 'Makes a transaction of inputs and outputs. It is not signed, kept or sent.',
  params: [
    INPUTS,
    OUTPUTS,
    {
      name: 'locktime', type: 'number', default: new JsonNumber('0'),
      description: 'The lock time; it makes the inputs heed it',
    },
    {
      name: 'replaceable', type: 'boolean', defaultHint: 'true',
      description: 'Whether it says that it may be replaced (BIP 125)',
    },
    { name: 'version', type: 'number', default: new JsonNumber('2'), description: 'The version' },
  ],
  results: [{ type: 'hex', description: 'The transaction' }],
  examples: [
    exampleCli('createrawtransaction', '"[{\\"txid\\":\\"myid\\",\\"vout\\":0}]" "[{\\"address\\":0.01}]"'),
    exampleRpc('createrawtransaction', '[{"txid":"myid","vout":0}], [{"data":"00010203"}]'),
  ],
  handler: (args, { chain: { network } }) => {
    const replaceable = args.maybe('replaceable', asBoolean);
    const lockTime = args.get('locktime', asInt64);
    if (lockTime < 0n || lockTime > MAX_LOCK_TIME) {
      throw invalidParameter('Invalid parameter, locktime out of range');
    }
    const version = args.get('version', asUint32);
    if (version < MIN_VERSION || version > MAX_VERSION) {
      throw invalidParameter(`Invalid parameter, version out of range(${MIN_VERSION}~${MAX_VERSION})`);
    }
    const sequence =
      (replaceable ?? true) ? SEQUENCE_REPLACEABLE
      : lockTime > 0n ? SEQUENCE_FINAL - 1
      : SEQUENCE_FINAL;
    const inputs = args.get('inputs', asArray).map((value) => inputOf(value, sequence));
    const outputs = outputsOf(args.raw('outputs'), network.chain);
    const says = inputs.some((input) => input.sequence <= SEQUENCE_REPLACEABLE);
    if (replaceable === true && inputs.length > 0 && !says) {
      throw invalidParameter(
        'Invalid parameter combination: Sequence number(s) contradict replaceable option',
      );
    }
    return toHex(encode(Transaction, { version, inputs, outputs, lockTime: Number(lockTime) }));
  },
};

function invalidParameter(text: string): RpcError {
  return new RpcError(RPC_INVALID_PARAMETER, text);
}

/** Core `AddInputs` (rpc/rawtransaction_util.cpp). */
function inputOf(value: JsonValue, defaultSequence: number): TxIn {
  const object = asObject(value);
  const txid = asHash(object.get('txid'), 'txid');
  const vout = object.get('vout');
  if (!(vout instanceof JsonNumber)) throw invalidParameter('Invalid parameter, missing vout key');
  const index = asInt32(vout);
  if (index < 0) throw invalidParameter('Invalid parameter, vout cannot be negative');
  const given = object.get('sequence');
  const sequence = given instanceof JsonNumber ? asInt64(given) : BigInt(defaultSequence);
  if (sequence < 0n || sequence > BigInt(SEQUENCE_FINAL)) {
    throw invalidParameter('Invalid parameter, sequence number is out of range');
  }
  return {
    prevout: { txid, index },
    scriptSig: new Uint8Array(0),
    sequence: Number(sequence),
    witness: [],
  };
}

/** Core `ParseOutputs` (rpc/rawtransaction_util.cpp). */
function outputsOf(value: JsonValue, chain: Chain): TxOut[] {
  const members = normalized(value);
  const seen = new Set<string>();
  const outputs: TxOut[] = [];
  for (const [name] of members) {
    // The first of a name counts, as it does for Core.
    const member = members.find(([key]) => key === name)![1];
    const output = name === 'data' ? dataOutput(member) : addressOutput(name, member, chain);
    const key = name === 'data' ? name : toHex(output.scriptPubKey);
    if (seen.has(key)) {
      throw invalidParameter(
        name === 'data'
          ? 'Invalid parameter, duplicate key: data'
          : `Invalid parameter, duplicated address: ${name}`,
      );
    }
    seen.add(key);
    outputs.push(output);
  }
  return outputs;
}

/** Core `NormalizeOutputs`. */
function normalized(value: JsonValue): JsonObject['entries'] {
  if (value === null) {
    throw invalidParameter('Invalid parameter, output argument must be non-null');
  }
  if (value instanceof JsonObject) return value.entries;
  return asArray(value).flatMap((pair) => {
    if (!(pair instanceof JsonObject)) {
      throw invalidParameter('Invalid parameter, key-value pair not an object as expected');
    }
    if (pair.entries.length !== 1) {
      throw invalidParameter('Invalid parameter, key-value pair must contain exactly one key');
    }
    return pair.entries;
  });
}

function dataOutput(value: JsonValue): TxOut {
  const data = asBytes(value instanceof JsonNumber ? value.text : value, 'Data');
  const push = pushOf(data);
  const scriptPubKey = new Uint8Array(1 + push.length);
  scriptPubKey[0] = OP_RETURN;
  scriptPubKey.set(push, 1);
  return { value: 0n, scriptPubKey };
}

function addressOutput(address: string, value: JsonValue, chain: Chain): TxOut {
  const decoded = decodeAddress(address, chain);
  const amount = asAmount(value);
  if (decoded.status === 'invalid') {
    throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, `Invalid Bitcoin address: ${address}`);
  }
  return { value: amount, scriptPubKey: decoded.scriptPubKey };
}

/** The method that makes transactions. */
export const createRawTransactionMethods: readonly RpcMethod<NetworkPart>[] = [createrawtransaction];
