import { setImmediate } from 'node:timers/promises';
import { MAX_PUBKEYS_PER_MULTISIG, MAX_SCRIPT_ELEMENT_SIZE } from '@btcp2p/script';
import { fromHex, toHex, type Chain } from '@btcp2p/wire';
import { asArray, asInt32, asInt64, asString } from '../rpc/convert.ts';
import { JsonNumber, type JsonOutput, type JsonValue } from '../rpc/json-value.ts';
import {
  RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER, RPC_MISC_ERROR, RpcError,
} from '../rpc/rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc/rpc-help.ts';
import type { RpcMethod } from '../rpc/rpc-method.ts';
import { decodeAddress, encodeAddress } from './address.ts';
import { withChecksum } from './descriptor-checksum.ts';
import { multiDescriptor, wrappedDescriptor, type Descriptor } from './descriptor.ts';
import { isHex, parseKeyExpression } from './key-expression.ts';
import { parseDescriptor } from './parse-descriptor.ts';
import { isPublicKey } from './public-key.ts';
import { solveScript } from './script-type.ts';

/** The part of the node that the methods of addresses work on. */
export interface AddressPart {
  readonly addresses: { readonly chain: Chain };
}

type Method = RpcMethod<AddressPart>;

const validateaddress: Method = {
  name: 'validateaddress',
  category: 'util',
  description:
    'Return information about the given bitcoin address.\n' +
    'That is what it stands for, or what is wrong with it.',
  params: [{ name: 'address', type: 'string', description: 'The address' }],
  results: [
    {
      type: 'object',
      inner: [
        { type: 'boolean', name: 'isvalid', description: 'Whether it is an address of this network' },
        { type: 'string', name: 'address', optional: true, description: 'The address' },
        { type: 'hex', name: 'scriptPubKey', optional: true, description: 'The output script' },
        { type: 'boolean', name: 'isscript', optional: true, description: 'If a script spends it' },
        { type: 'boolean', name: 'iswitness', optional: true, description: 'If a witness spends it' },
        { type: 'number', name: 'witness_version', optional: true, description: 'The version of that' },
        { type: 'hex', name: 'witness_program', optional: true, description: 'The program of that' },
        { type: 'string', name: 'error', optional: true, description: 'What is wrong' },
        {
          type: 'array', name: 'error_locations', optional: true,
          description: 'Characters that are likely wrong, if known',
          inner: [{ type: 'number', name: 'index', description: 'A place, from 0' }],
        },
      ],
    },
  ],
  examples: [exampleCli('validateaddress', '"address"'), exampleRpc('validateaddress', '"address"')],
  handler: (args, { addresses: { chain } }) => {
    const decoded = decodeAddress(args.get('address', asString), chain);
    if (decoded.status === 'invalid') {
      return { isvalid: false, error_locations: decoded.errorLocations, error: decoded.error };
    }
    const { scriptPubKey } = decoded;
    return {
      isvalid: true,
      address: encodeAddress(scriptPubKey, chain)!,
      scriptPubKey: toHex(scriptPubKey),
      ...addressFacts(scriptPubKey),
    };
  },
};

/** What kind of address a script has (Core `DescribeAddress`, rpc/util.cpp). */
function addressFacts(scriptPubKey: Uint8Array): { readonly [name: string]: JsonOutput } {
  const { type, witnessVersion } = solveScript(scriptPubKey);
  const isKey = type === 'pubkeyhash' || type === 'witness_v0_keyhash';
  const isscript = type === 'witness_unknown' ? {} : { isscript: !isKey };
  if (witnessVersion < 0) return { ...isscript, iswitness: false };
  if (type === 'anchor') return { ...isscript, iswitness: true };
  return {
    ...isscript,
    iswitness: true,
    witness_version: witnessVersion,
    witness_program: toHex(scriptPubKey.subarray(2)),
  };
}

const getdescriptorinfo: Method = {
  name: 'getdescriptorinfo',
  category: 'util',
  description: 'Tells what an output descriptor says.',
  params: [{ name: 'descriptor', type: 'string', description: 'The descriptor' }],
  results: [
    {
      type: 'object',
      inner: [
        {
          type: 'string', name: 'descriptor',
          description: 'In canonical form, without secrets; of several paths, the first',
        },
        {
          type: 'array', name: 'multipath_expansion', optional: true,
          description: 'All of several paths',
          inner: [{ type: 'string', name: '', description: 'A descriptor' }],
        },
        { type: 'string', name: 'checksum', description: 'The checksum of what was given' },
        { type: 'boolean', name: 'isrange', description: 'Whether it stands for a row of scripts' },
        { type: 'boolean', name: 'issolvable', description: 'Whether it says how to spend' },
        { type: 'boolean', name: 'hasprivatekeys', description: 'Whether there were secrets in it' },
      ],
    },
  ],
  examples: [
    exampleCli('getdescriptorinfo', '"raw(51)"'), exampleRpc('getdescriptorinfo', '"raw(51)"'),
  ],
  handler: (args, { addresses: { chain } }) => {
    const parsed = parseDescriptor(args.get('descriptor', asString), chain);
    if (parsed.status === 'invalid') throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, parsed.error);
    const { descriptors, checksum } = parsed;
    const texts = descriptors.map(({ text }) => withChecksum(text));
    return {
      descriptor: texts[0]!,
      ...(texts.length > 1 ? { multipath_expansion: texts } : {}),
      checksum,
      isrange: descriptors[0].isRange,
      issolvable: descriptors[0].isSolvable,
      hasprivatekeys: descriptors.some(({ hasPrivateKeys }) => hasPrivateKeys),
    };
  },
};

const deriveaddresses: Method = {
  name: 'deriveaddresses',
  category: 'util',
  description: 'Gives the addresses that an output descriptor stands for.',
  params: [
    { name: 'descriptor', type: 'string', description: 'The descriptor, with its checksum' },
    {
      name: 'range', type: 'range', optional: true,
      description: 'Of a row: the last index, or the first and the last one as an array',
    },
  ],
  results: [
    {
      type: 'array', condition: 'of one descriptor',
      inner: [{ type: 'string', name: 'address', description: 'An address' }],
    },
    {
      type: 'array', condition: 'of several paths',
      inner: [{
        type: 'array', name: '', description: 'The addresses of one path',
        inner: [{ type: 'string', name: 'address', description: 'An address' }],
      }],
    },
  ],
  examples: [
    exampleCli('deriveaddresses', '"desc" "[0,2]"'), exampleRpc('deriveaddresses', '"desc", "[0,2]"'),
  ],
  handler: async (args, { addresses: { chain } }) => {
    const range = args.maybe('range', asDescriptorRange);
    const options = { requireChecksum: true };
    const parsed = parseDescriptor(args.get('descriptor', asString), chain, options);
    if (parsed.status === 'invalid') throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, parsed.error);
    const [first] = parsed.descriptors;
    // Core goes by how many values there are, not by whether one is null.
    const isGiven = args.values.length > 1;
    if (!first.isRange && isGiven) {
      throw new RpcError(
        RPC_INVALID_PARAMETER, 'Range should not be specified for an un-ranged descriptor',
      );
    }
    if (first.isRange && !isGiven) {
      throw new RpcError(RPC_INVALID_PARAMETER, 'Range must be specified for a ranged descriptor');
    }
    const all: string[][] = [];
    for (const descriptor of parsed.descriptors) {
      all.push(await addressesOf(descriptor, range ?? [0, 0], chain));
    }
    return all.length === 1 ? all[0]! : all;
  },
};

/**
 * The first and the last index of a range, given as the last or as both (Core `ParseDescriptorRange`,
 * rpc/util.cpp). @throws RpcError
 */
export function asDescriptorRange(value: JsonValue): readonly [low: number, high: number] {
  const [low, high] = rangeOf(value);
  const fault =
    low < 0n ? 'Range should be greater or equal than 0'
    : high >> 31n !== 0n ? 'End of range is too high'
    : high >= low + 1_000_000n ? 'Range is too large'
    : undefined;
  if (fault !== undefined) throw new RpcError(RPC_INVALID_PARAMETER, fault);
  return [Number(low), Number(high)];
}

function rangeOf(value: JsonValue): readonly [bigint, bigint] {
  if (value instanceof JsonNumber) return [0n, asInt64(value)];
  const [low, high, ...others] = Array.isArray(value) ? asArray(value) : [];
  if (!(low instanceof JsonNumber && high instanceof JsonNumber) || others.length > 0) {
    throw new RpcError(
      RPC_INVALID_PARAMETER, 'Range must be specified as end or as [begin,end]',
    );
  }
  const range = [asInt64(low), asInt64(high)] as const;
  if (range[0] <= range[1]) return range;
  throw new RpcError(
    RPC_INVALID_PARAMETER, 'Range specified as [begin,end] must not have begin after end',
  );
}

/** How long to derive keys without giving others a turn, in milliseconds. */
const SLICE = 10;

async function addressesOf(
  descriptor: Descriptor,
  [low, high]: readonly [number, number],
  chain: Chain,
): Promise<string[]> {
  const addresses: string[] = [];
  let sliceEnd = performance.now() + SLICE;
  for (let index = low; index <= high; index++) {
    const scripts = descriptor.expand(index);
    if (scripts === undefined) {
      throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Cannot derive script without private keys');
    }
    for (const script of scripts) {
      const address = encodeAddress(script, chain);
      if (address !== undefined) addresses.push(address);
      // combo() has a script of the key alone besides those that have addresses.
      else if (scripts.length === 1 || solveScript(script).type !== 'pubkey') {
        throw new RpcError(
          RPC_INVALID_ADDRESS_OR_KEY, 'Descriptor does not have a corresponding address',
        );
      }
    }
    if (performance.now() < sliceEnd) continue;
    await setImmediate();
    sliceEnd = performance.now() + SLICE;
  }
  if (addresses.length === 0) throw new RpcError(RPC_MISC_ERROR, 'Unexpected empty result');
  return addresses;
}

const createmultisig: Method = {
  name: 'createmultisig',
  category: 'util',
  description: 'Gives the address of a script that some of several keys can spend.',
  params: [
    { name: 'nrequired', type: 'number', description: 'How many of the keys must sign' },
    {
      name: 'keys', type: 'array', description: 'The public keys',
      inner: [{ name: 'key', type: 'hex', optional: true, description: 'A public key' }],
    },
    {
      name: 'address_type', type: 'string', default: 'legacy',
      description: 'Of which kind: "legacy", "p2sh-segwit" or "bech32"',
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        { type: 'string', name: 'address', description: 'The address' },
        { type: 'string', name: 'redeemScript', description: 'The script, in hex' },
        { type: 'string', name: 'descriptor', description: 'The descriptor of the output' },
        {
          type: 'array', name: 'warnings', optional: true, description: 'What is not as wished',
          inner: [{ type: 'string', name: '', description: '' }],
        },
      ],
    },
  ],
  examples: [
    exampleCli('createmultisig', '2 "[\\"key\\",\\"key\\"]"'),
    exampleRpc('createmultisig', '2, ["key","key"]'),
  ],
  handler: (args, { addresses: { chain } }) => {
    const required = args.get('nrequired', asInt32);
    const keys = args.get('keys', asArray).map((value) => checkedKey(asString(value)));
    const wished = args.get('address_type', asString);
    const wrappers = MULTISIG_TYPES[wished];
    if (wrappers === undefined) {
      throw new RpcError(
        RPC_INVALID_ADDRESS_OR_KEY,
        wished === 'bech32m'
          ? 'createmultisig cannot create bech32m multisig addresses'
          : `Unknown address type '${wished}'`,
      );
    }
    checkMultisig(required, keys.length);
    const expressions = keys.flatMap((key) => parseKeyExpression(key, 'top', chain));
    const inner = multiDescriptor(required, expressions, false);
    // Keys that are not compressed cannot be spent from by a witness.
    const isPossible = wished === 'legacy' || keys.every((key) => key.length === 66);
    const [redeemScript] = inner.expand(0)!;
    const isLegacy = wished === 'legacy' || !isPossible;
    if (isLegacy && redeemScript!.length > MAX_SCRIPT_ELEMENT_SIZE) {
      throw new RpcError(
        RPC_INVALID_PARAMETER,
        `redeemScript exceeds size limit: ${redeemScript!.length} > ${MAX_SCRIPT_ELEMENT_SIZE}`,
      );
    }
    const used = isPossible ? wrappers : MULTISIG_TYPES['legacy']!;
    const outer = used.reduceRight((descriptor, name) => wrappedDescriptor(name, descriptor), inner);
    return {
      address: encodeAddress(outer.expand(0)![0]!, chain)!,
      redeemScript: toHex(redeemScript!),
      descriptor: withChecksum(outer.text),
      ...(isPossible ? {} : { warnings: [NOT_COMPRESSED] }),
    };
  },
};

/** What a multisig is wrapped in, outermost first, by the name of the kind of address. */
const MULTISIG_TYPES: Readonly<Record<string, readonly ('sh' | 'wsh')[]>> = {
  legacy: ['sh'],
  'p2sh-segwit': ['sh', 'wsh'],
  bech32: ['wsh'],
};

const NOT_COMPRESSED =
  'Unable to make chosen address type, please ensure no uncompressed public keys are present.';

/** A public key in hex (Core `HexToPubKey`, rpc/util.cpp). @throws RpcError */
function checkedKey(hex: string): string {
  const fault =
    !isHex(hex) ? 'must be a hex string'
    : hex.length !== 66 && hex.length !== 130 ? 'must have a length of either 33 or 65 bytes'
    : !isPublicKey(fromHex(hex)) ? 'must be cryptographically valid.'
    : undefined;
  if (fault === undefined) return hex;
  throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, `Pubkey "${hex}" ${fault}`);
}

function checkMultisig(required: number, count: number): void {
  const fault =
    required < 1 ? 'a multisignature address must require at least one key to redeem'
    : count < required
      ? `not enough keys supplied (got ${count} keys, but need at least ${required} to redeem)`
    : count > MAX_PUBKEYS_PER_MULTISIG
      ? 'Number of keys involved in the multisignature address creation > ' +
        `${MAX_PUBKEYS_PER_MULTISIG}\nReduce the number`
    : undefined;
  if (fault !== undefined) throw new RpcError(RPC_INVALID_PARAMETER, fault);
}

/** The methods of addresses and descriptors (Core rpc/output_script.cpp). */
export const addressMethods: readonly Method[] = [
  validateaddress, createmultisig, deriveaddresses, getdescriptorinfo,
];
