import {
  MAX_BLOCK_SIGOPS_COST, type ConsensusParams, type TemplateDeployment, type TemplateDeployments,
} from '@btcp2p/consensus';
import { hashToHex, MAX_BLOCK_WEIGHT, toHex, WITNESS_SCALE_FACTOR } from '@btcp2p/wire';
import type { JsonOutput } from '../rpc/json-value.ts';
import { RPC_INVALID_PARAMETER, RpcError } from '../rpc/rpc-error.ts';
import { minimumTime, type BlockTemplate } from './block-template.ts';
import { bitsHex, targetHex } from './difficulty.ts';

/** Core `MAX_BLOCK_SERIALIZED_SIZE` (consensus/consensus.h): bytes of a block with its witnesses. */
const MAX_BLOCK_SERIALIZED_SIZE = 4_000_000;

/** What a template is told with. */
export interface BlockTemplateFacts {
  readonly template: BlockTemplate;
  readonly params: ConsensusParams;
  readonly deployments: TemplateDeployments;
  /** The rules that the client says it knows. */
  readonly clientRules: ReadonlySet<string>;
  /** What the client sends back to be told of anything newer. */
  readonly longPollId: string;
}

/**
 * The answer of `getblocktemplate` (BIP 22, BIP 23, BIP 9 §getblocktemplate changes, BIP 145): the
 * members of Core's, in Core's order.
 *
 * @throws RpcError if the client does not know a rule that it must know
 */
export function blockTemplateJson(facts: BlockTemplateFacts): Readonly<Record<string, JsonOutput>> {
  const { template, params, deployments, clientRules } = facts;
  const isSegwit = template.height >= params.segwitHeight;
  const scale = isSegwit ? 1 : WITNESS_SCALE_FACTOR;
  const announced = [...deployments.signalling, ...deployments.lockedIn];
  return {
    capabilities: ['proposal'],
    version: versionFor(template.version, deployments, clientRules),
    rules: rulesFor(facts, isSegwit),
    vbavailable: Object.fromEntries(announced.map((one) => [ruleName(one), one.bit])),
    vbrequired: 0,
    previousblockhash: hashToHex(template.tip.hash),
    transactions: transactionsJson(template, scale),
    coinbaseaux: {},
    coinbasevalue: template.coinbase.outputs[0]!.value,
    longpollid: facts.longPollId,
    target: targetHex(template.bits),
    mintime: minimumTime(template.tip, params),
    mutable: ['time', 'transactions', 'prevblock'],
    noncerange: '00000000ffffffff',
    sigoplimit: MAX_BLOCK_SIGOPS_COST / scale,
    sizelimit: MAX_BLOCK_SERIALIZED_SIZE / scale,
    ...(isSegwit ? { weightlimit: MAX_BLOCK_WEIGHT } : {}),
    curtime: template.time,
    bits: bitsHex(template.bits),
    height: template.height,
    ...(params.signetChallenge && { signet_challenge: toHex(params.signetChallenge) }),
    default_witness_commitment: toHex(template.witnessCommitment),
  };
}

/** The name of a rule; with a mark if no miner may ignore it (BIP 9). */
function ruleName({ name, isOptional }: TemplateDeployment): string {
  return isOptional ? name : `!${name}`;
}

/** The bits of what is locked in, without those that the client must know and does not. */
function versionFor(
  version: number,
  { signalling, lockedIn }: TemplateDeployments,
  clientRules: ReadonlySet<string>,
): number {
  const unknown = (one: TemplateDeployment): boolean => !one.isOptional && !clientRules.has(one.name);
  let result = version;
  for (const one of lockedIn) result |= one.mask;
  for (const one of [...signalling, ...lockedIn]) if (unknown(one)) result &= ~one.mask;
  return result;
}

function rulesFor(
  { params, deployments, clientRules }: BlockTemplateFacts,
  isSegwit: boolean,
): string[] {
  for (const { name, isOptional } of deployments.active) {
    if (isOptional || clientRules.has(name)) continue;
    throw new RpcError(
      RPC_INVALID_PARAMETER,
      `Support for '${name}' rule requires explicit client support`,
    );
  }
  return [
    'csv',
    ...(isSegwit ? ['!segwit'] : []),
    ...(params.signetChallenge === undefined ? [] : ['!signet']),
    ...deployments.active.map(ruleName),
  ];
}

/** @param scale what a signature operation counts in the limit that the client is told */
function transactionsJson({ transactions }: BlockTemplate, scale: number): JsonOutput {
  // The coinbase is number 0, and nothing depends on it.
  const places = new Map<string, number>();
  return transactions.map(({ transaction, fee, sigOpCost }, i) => {
    const id = hashToHex(transaction.txid());
    places.set(id, i + 1);
    const depends = transaction.transaction().inputs.flatMap(({ prevout }) => {
      const place = places.get(hashToHex(prevout.txid));
      return place === undefined ? [] : [place];
    });
    return {
      data: toHex(transaction.bytes),
      txid: id,
      hash: hashToHex(transaction.wtxid()),
      depends,
      fee,
      sigops: sigOpCost / scale,
      weight: transaction.weight,
    };
  });
}
