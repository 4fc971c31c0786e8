import { bitsHex, difficultyOf, targetHex } from '../../mining/difficulty.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { blockHashHex, type ChainMethod } from './chain-part.ts';
import { verificationProgress } from './verification-progress.ts';

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });

const STATE: readonly RpcResult[] = [
  number('blocks', 'The height of the chain'),
  hex('bestblockhash', 'The hash of its last block'),
  hex('bits', 'The target of that, in short form'),
  hex('target', 'The target of that'),
  number('difficulty', 'Its difficulty'),
  number('verificationprogress', 'How much of all there is has been checked, from 0 to 1'),
  number('coins_db_cache_bytes', 'Memory that the database of coins may take: it has none of its own'),
  number('coins_tip_cache_bytes', 'Memory that coins may take'),
  {
    ...hex('snapshot_blockhash', 'The hash of the block whose coins were loaded, if any were'),
    optional: true,
  },
  {
    type: 'boolean', name: 'validated',
    description: 'Whether all of it has been checked, from the first block on',
  },
];

const getchainstates: ChainMethod = {
  name: 'getchainstates',
  category: 'blockchain',
  description:
    'Tells about the chain, and where one goes on from coins that were loaded also about the one that ' +
    'is to prove those.',
  params: [],
  results: [
    {
      type: 'object',
      inner: [
        number('headers', 'The height of the best header'),
        {
          type: 'array', name: 'chainstates', description: 'The chains, the active one last',
          inner: [{ type: 'object', name: '', inner: STATE }],
        },
      ],
    },
  ],
  examples: [exampleCli('getchainstates'), exampleRpc('getchainstates')],
  handler: async (_args, { chain }) => {
    const { headers } = chain;
    const states = await chain.query({ type: 'chain-states' });
    const entries = states.map(({ tip }) => tip);
    const facts = await chain.query({ type: 'block-facts', entries });
    return {
      headers: headers.height(headers.best),
      chainstates: states.map(({ tip, snapshotBase, validated, coinsBytes }, i) => {
        const bits = headers.bits(tip);
        return {
          blocks: headers.height(tip),
          bestblockhash: blockHashHex(chain, tip),
          bits: bitsHex(bits),
          target: targetHex(bits),
          difficulty: difficultyOf(bits),
          verificationprogress: verificationProgress(chain, tip, facts[i]!.chainTransactions),
          coins_db_cache_bytes: 0,
          coins_tip_cache_bytes: coinsBytes,
          snapshot_blockhash:
            snapshotBase === undefined ? undefined : blockHashHex(chain, snapshotBase),
          validated,
        };
      }),
    };
  },
};

/** The method about chains and the coins of each. */
export const chainStateMethods: readonly ChainMethod[] = [getchainstates];
