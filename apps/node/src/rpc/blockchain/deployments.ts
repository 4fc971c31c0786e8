import {
  blockScriptFlagNames, blockScriptFlags, buriedDeploymentHeight, isBuriedDeploymentActive, NEVER_ACTIVE,
  versionBitsDeployments, type BuriedDeployment, type HeaderEntry, type VersionBitsDeployment,
} from '@btcp2p/consensus';
import type { ChainContext } from '../chain-context.ts';
import { asHash } from '../convert.ts';
import type { JsonOutput } from '../json-value.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { blockHashHex, findBlock, type ChainMethod } from './chain-part.ts';

/** In Core's order. */
const BURIED: readonly BuriedDeployment[] = ['bip34', 'bip66', 'bip65', 'csv', 'segwit'];

/** The height of a deployment that never comes. */
const NEVER_HEIGHT = 0x7fff_ffff;

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const text = (name: string, description: string): RpcResult => ({ type: 'string', name, description });

const DEPLOYMENT: readonly RpcResult[] = [
  text('type', '"buried" or "bip9"'),
  { ...number('height', 'Of the first block that it holds for, if known'), optional: true },
  { type: 'boolean', name: 'active', description: 'Whether it holds for the next block' },
  {
    type: 'object', name: 'bip9', optional: true, description: 'How it is signalled for',
    inner: [
      { ...number('bit', 'The bit of the version, while that means something'), optional: true },
      { type: 'time', name: 'start_time', description: 'When that begins' },
      { type: 'time', name: 'timeout', description: 'When it has failed if it is not locked in' },
      number('min_activation_height', 'The lowest block that it may hold for'),
      text('status', '"defined", "started", "locked_in", "active" or "failed"'),
      number('since', 'The height of the first block of that status'),
      text('status_next', 'The status of the next block'),
      {
        type: 'object', name: 'statistics', optional: true, description: 'Signals of this period',
        inner: [
          number('period', 'Blocks of a period'),
          { ...number('threshold', 'How many of them have to signal'), optional: true },
          number('elapsed', 'Blocks of the period up to this one'),
          number('count', 'How many of those signal'),
          {
            type: 'boolean', name: 'possible', optional: true,
            description: 'Whether it can be locked in with this period',
          },
        ],
      },
      { ...text('signalling', 'A # for each block that signals, a - for others'), optional: true },
    ],
  },
];

const getdeploymentinfo: ChainMethod = {
  name: 'getdeploymentinfo',
  category: 'blockchain',
  description: 'Tells which changes of the rules hold, and how those are coming on that do not yet.',
  params: [
    {
      name: 'blockhash', type: 'hex', defaultHint: 'the last block of the chain',
      description: 'The hash of the block as of which to tell',
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        text('hash', 'The hash of the block'),
        number('height', 'Its height'),
        {
          type: 'array', name: 'script_flags', description: 'The rules that its scripts are under',
          inner: [text('flag', 'A rule')],
        },
        {
          type: 'map', name: 'deployments', description: 'All changes, by name',
          inner: [{ type: 'object', name: 'xxxx', inner: DEPLOYMENT }],
        },
      ],
    },
  ],
  examples: [exampleCli('getdeploymentinfo'), exampleRpc('getdeploymentinfo')],
  handler: (args, { chain }) => {
    const hash = args.maybe('blockhash', asHash);
    const entry = hash === undefined ? chain.chain.tip() : findBlock(chain, hash);
    const { headers, params } = chain;
    const height = headers.height(entry);
    const flags = blockScriptFlags(height, headers.hash(entry), params);
    return {
      hash: blockHashHex(chain, entry),
      height,
      script_flags: blockScriptFlagNames(flags).toSorted(),
      deployments: deploymentsToJson(chain, entry),
    };
  },
};

function deploymentsToJson(chain: ChainContext, entry: HeaderEntry): ReadonlyMap<string, JsonOutput> {
  const { headers, params } = chain;
  const deployments = new Map<string, JsonOutput>();
  for (const name of BURIED) {
    const height = buriedDeploymentHeight(name, params);
    if (height === NEVER_HEIGHT) continue;
    const active = isBuriedDeploymentActive(name, headers.height(entry) + 1, params);
    deployments.set(name, { type: 'buried', active, height });
  }
  for (const name of versionBitsDeployments) {
    if (params.deployments[name].startTime === NEVER_ACTIVE) continue;
    deployments.set(name, bip9ToJson(chain, name, entry));
  }
  return deployments;
}

function bip9ToJson(
  { headers, params, versionBits }: ChainContext,
  name: VersionBitsDeployment,
  entry: HeaderEntry,
): JsonOutput {
  const { bit, startTime, timeout, minActivationHeight } = params.deployments[name];
  const info = versionBits.info(name, entry);
  const { statistics, signallingBlocks, activeSince } = info;
  return {
    type: 'bip9',
    height: activeSince,
    active: activeSince !== undefined && activeSince <= headers.height(entry) + 1,
    bip9: {
      bit: statistics && bit,
      start_time: startTime,
      timeout,
      min_activation_height: minActivationHeight,
      status: info.state,
      since: info.since,
      status_next: info.nextState,
      statistics: statistics && {
        period: statistics.period,
        elapsed: statistics.elapsed,
        count: statistics.count,
        ...((statistics.threshold > 0 || statistics.possible) && {
          threshold: statistics.threshold,
          possible: statistics.possible,
        }),
      },
      signalling: signallingBlocks?.map((signals) => (signals ? '#' : '-')).join(''),
    },
  };
}

/** The method about deployments. */
export const deploymentMethods: readonly ChainMethod[] = [getdeploymentinfo];
