import { toHex } from '@btcp2p/wire';
import { bitsHex, difficultyOf, targetHex } from '../../mining/difficulty.ts';
import type { ChainContext } from '../chain-context.ts';
import type { JsonOutput } from '../json-value.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { workHex } from './block-json.ts';
import { blockHashHex, type ChainMethod } from './chain-part.ts';
import { prunedHeight } from './pruned-height.ts';
import { verificationProgress } from './verification-progress.ts';

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const time = (name: string, description: string): RpcResult => ({ type: 'time', name, description });
const text = (name: string, description: string): RpcResult => ({ type: 'string', name, description });
const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });
const flag = (name: string, description: string): RpcResult => ({ type: 'boolean', name, description });

const getblockchaininfo: ChainMethod = {
  name: 'getblockchaininfo',
  category: 'blockchain',
  description: 'Tells how far the chain has come.',
  params: [],
  results: [
    {
      type: 'object',
      inner: [
        text('chain', 'The network: main, test, testnet4, signet or regtest'),
        number('blocks', 'The height of the chain'),
        number('headers', 'The height of the best header'),
        text('bestblockhash', 'The hash of the last block of the chain'),
        hex('bits', 'The target of that, in short form'),
        hex('target', 'The target of that'),
        number('difficulty', 'Its difficulty'),
        time('time', 'Its time in seconds since 1970'),
        time('mediantime', 'The median of its time and those of the 10 blocks before it'),
        number('verificationprogress', 'How much of all there is has been checked, from 0 to 1'),
        flag('initialblockdownload', 'Whether the chain is still being caught up with'),
        hex('chainwork', 'How many hashes it took to make the chain, as expected'),
        number('size_on_disk', 'Bytes of the files of blocks'),
        flag('pruned', 'Whether old blocks are deleted'),
        {
          ...number('pruneheight', 'The height from which on all blocks are there, if some are deleted'),
          optional: true,
        },
        {
          ...flag('automatic_pruning', 'Whether they are deleted without being asked for'),
          optional: true,
        },
        {
          ...number('prune_target_size', 'Bytes that files of blocks may take'),
          optional: true,
        },
        { ...hex('signet_challenge', 'The script that blocks of a signet solve'), optional: true },
        {
          type: 'array', name: 'warnings', description: 'What there is to warn of',
          inner: [text('', 'A warning')],
        },
      ],
    },
  ],
  examples: [exampleCli('getblockchaininfo'), exampleRpc('getblockchaininfo')],
  handler: async (_args, { chain }) => {
    // The chain may change while it is waited for these; all of the rest is of one moment.
    const sizeOnDisk = await chain.query({ type: 'size-on-disk' });
    const [facts] = await chain.query({ type: 'block-facts', entries: [chain.chain.tip()] });
    const { headers, network, params } = chain;
    const tip = chain.chain.tip();
    const bits = headers.bits(tip);
    return {
      chain: network.chain,
      blocks: headers.height(tip),
      headers: headers.height(headers.best),
      bestblockhash: blockHashHex(chain, tip),
      bits: bitsHex(bits),
      target: targetHex(bits),
      difficulty: difficultyOf(bits),
      time: headers.time(tip),
      mediantime: headers.medianTimePast(tip),
      verificationprogress: verificationProgress(chain, tip, facts!.chainTransactions),
      initialblockdownload: chain.isInitialBlockDownload(),
      chainwork: workHex(headers.chainWork(tip)),
      size_on_disk: sizeOnDisk,
      pruned: chain.pruneTarget !== undefined,
      ...pruningJson(chain),
      signet_challenge: params.signetChallenge && toHex(params.signetChallenge),
      warnings: [...chain.warnings()],
    };
  },
};

function pruningJson(chain: ChainContext): { readonly [name: string]: JsonOutput } {
  const { pruneTarget } = chain;
  if (pruneTarget === undefined) return {};
  const height = prunedHeight(chain);
  const automatic = pruneTarget > 1;
  return {
    pruneheight: height === undefined ? 0 : height + 1,
    automatic_pruning: automatic,
    ...(automatic && { prune_target_size: pruneTarget }),
  };
}

const syncwithvalidationinterfacequeue: ChainMethod = {
  name: 'syncwithvalidationinterfacequeue',
  category: 'hidden',
  description: 'Waits until all that has happened to the chain has reached all parts of the node.',
  params: [],
  results: [{ type: 'null' }],
  examples: [
    exampleCli('syncwithvalidationinterfacequeue'), exampleRpc('syncwithvalidationinterfacequeue'),
  ],
  handler: async (_args, { chain }): Promise<JsonOutput> => {
    // What the chain thread tells comes in order, so after the answer all before it has been told.
    await chain.query({ type: 'block-facts', entries: [] });
    return null;
  },
};

/** The methods that tell how far the chain has come. */
export const chainInfoMethods: readonly ChainMethod[] = [
  getblockchaininfo, syncwithvalidationinterfacequeue,
];
