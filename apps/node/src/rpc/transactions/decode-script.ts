import { isUnspendable } from '@btcp2p/chainstate';
import { isOpSuccess, OP_CHECKSIGADD, operationEnd } from '@btcp2p/script';
import { toHex, type Chain } from '@btcp2p/wire';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  encodeAddress, payToScriptHash, payToWitness,
} from '../../descriptors/address.ts';
import { withChecksum } from '../../descriptors/descriptor-checksum.ts';
import { hash160 } from '../../descriptors/public-key.ts';
import { scriptToJson } from '../../descriptors/script-json.ts';
import { solveScript, type ScriptType } from '../../descriptors/script-type.ts';
import { asBytes, asString } from '../convert.ts';
import type { JsonMembers } from '../json-value.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcMethod } from '../rpc-method.ts';
import { hasValidOps } from './decode-transaction.ts';
import type { NetworkPart } from './decode-methods.ts';
import { SCRIPT_RESULT } from './script-result.ts';

const decodescript: RpcMethod<NetworkPart> = {
  name: 'decodescript',
  category: 'rawtransactions',
  description: 'Tells what a script says, and the addresses that it has as an output of its own.',
  params: [{ name: 'hexstring', type: 'hex', description: 'The script' }],
  results: [
    {
      type: 'object',
      inner: [
        ...SCRIPT_RESULT.filter(({ name }) => name !== 'hex'),
        {
          type: 'string', name: 'p2sh', optional: true,
          description: 'The address of a P2SH output with it, if it may be in one',
        },
        {
          type: 'object', name: 'segwit', optional: true,
          description: 'The witness output with it, if it may be in one',
          inner: [
            ...SCRIPT_RESULT,
            { type: 'string', name: 'p2sh-segwit', description: 'Its address inside P2SH' },
          ],
        },
      ],
    },
  ],
  examples: [exampleCli('decodescript', '"hexstring"'), exampleRpc('decodescript', '"hexstring"')],
  handler: (args, { chain: { network } }) => {
    const isEmpty = args.get('hexstring', asString) === '';
    const script = isEmpty ? new Uint8Array(0) : asBytes(args.raw('hexstring'), 'argument');
    const { hex: _, ...members } = scriptToJson(script, network.chain);
    if (!canWrap(script)) return members;
    const p2sh = encodeAddress(payToScriptHash(hash160(script)), network.chain)!;
    return { ...members, p2sh, segwit: segwitJson(script, network.chain) };
  },
};

/** Kinds that are not put into another output. */
const NOT_WRAPPED: readonly ScriptType[] = [
  'nulldata', 'scripthash', 'witness_unknown', 'witness_v1_taproot', 'anchor',
];

function canWrap(script: Uint8Array): boolean {
  if (NOT_WRAPPED.includes(solveScript(script).type)) return false;
  if (!hasValidOps(script) || isUnspendable(script)) return false;
  for (let at = 0; at < script.length; at = operationEnd(script, at)) {
    const opcode = script[at]!;
    if (opcode === OP_CHECKSIGADD || isOpSuccess(opcode)) return false;
  }
  return true;
}

/** The witness output of a script, if it may have one: uncompressed keys may not. */
function segwitJson(script: Uint8Array, chain: Chain): JsonMembers | undefined {
  const { type, parts, required } = solveScript(script);
  if (type.startsWith('witness')) return undefined;
  const hasKeys = type === 'pubkey' || type === 'multisig';
  if (hasKeys && parts.some((key) => key.length !== 33)) return undefined;
  const output =
    type === 'pubkey' ? payToWitness(0, hash160(parts[0]!))
    : type === 'pubkeyhash' ? payToWitness(0, parts[0]!)
    : payToWitness(0, sha256(script));
  const shown = scriptToJson(output, chain);
  const multi = `wsh(multi(${[required, ...parts.map(toHex)].join(',')}))`;
  return {
    ...shown,
    desc: type === 'multisig' ? withChecksum(multi) : shown.desc,
    'p2sh-segwit': encodeAddress(payToScriptHash(hash160(output)), chain)!,
  };
}

/** The method about scripts. */
export const decodeScriptMethods: readonly RpcMethod<NetworkPart>[] = [decodescript];
