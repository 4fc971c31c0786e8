import { equalHashes } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import { asHash, asInt32 } from '../convert.ts';
import { JsonNumber, type JsonOutput } from '../json-value.ts';
import { RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcArgs } from '../rpc-method.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { RpcResult } from '../rpc-result.ts';
import { blockHashHex, type ChainMethod } from './chain-part.ts';

const TIMEOUT: RpcParam = {
  name: 'timeout', type: 'number', default: new JsonNumber('0'),
  description: 'How long to wait at most, in milliseconds; 0 for as long as it takes',
};

const RESULTS: readonly RpcResult[] = [
  {
    type: 'object',
    inner: [
      { type: 'hex', name: 'hash', description: 'The hash of the last block of the chain' },
      { type: 'number', name: 'height', description: 'Its height' },
    ],
  },
];

const TELLS_ANYWAY = 'When the time is up, it tells what there is.';

function timeoutOf(args: RpcArgs): number {
  const timeout = args.get('timeout', asInt32);
  if (timeout < 0) throw new RpcError(RPC_MISC_ERROR, 'Negative timeout');
  return timeout;
}

async function tipWhen(
  chain: ChainContext,
  holds: () => boolean,
  timeout: number,
  signal: AbortSignal,
): Promise<JsonOutput> {
  await chain.waitForTip(holds, timeout, signal);
  return { hash: blockHashHex(chain, chain.chain.tip()), height: chain.chain.height };
}

const waitfornewblock: ChainMethod = {
  name: 'waitfornewblock',
  category: 'blockchain',
  description: `Waits for the chain to end with another block, and tells it. ${TELLS_ANYWAY}`,
  params: [
    TIMEOUT,
    {
      name: 'current_tip', type: 'hex', optional: true,
      description: 'The hash of the block that it is to be another one than: else it is the last one now',
    },
  ],
  results: RESULTS,
  examples: [exampleCli('waitfornewblock', '1000'), exampleRpc('waitfornewblock', '1000')],
  handler: (args, { chain }, { signal }) => {
    const timeout = timeoutOf(args);
    const { headers } = chain;
    const current = args.maybe('current_tip', asHash) ?? headers.hash(chain.chain.tip());
    const isOther = (): boolean => !equalHashes(headers.hash(chain.chain.tip()), current);
    return tipWhen(chain, isOther, timeout, signal);
  },
};

const waitforblock: ChainMethod = {
  name: 'waitforblock',
  category: 'blockchain',
  description: `Waits for the chain to end with a block, and tells it. ${TELLS_ANYWAY}`,
  params: [{ name: 'blockhash', type: 'hex', description: 'The hash of the block' }, TIMEOUT],
  results: RESULTS,
  examples: [
    exampleCli('waitforblock', '"blockhash" 1000'), exampleRpc('waitforblock', '"blockhash", 1000'),
  ],
  handler: (args, { chain }, { signal }) => {
    const hash = args.get('blockhash', asHash);
    const isIt = (): boolean => equalHashes(chain.headers.hash(chain.chain.tip()), hash);
    return tipWhen(chain, isIt, timeoutOf(args), signal);
  },
};

const waitforblockheight: ChainMethod = {
  name: 'waitforblockheight',
  category: 'blockchain',
  description: `Waits for the chain to have at least a height, and tells its last block. ${TELLS_ANYWAY}`,
  params: [{ name: 'height', type: 'number', description: 'The height' }, TIMEOUT],
  results: RESULTS,
  examples: [exampleCli('waitforblockheight', '100 1000'), exampleRpc('waitforblockheight', '100, 1000')],
  handler: (args, { chain }, { signal }) => {
    const height = args.get('height', asInt32);
    return tipWhen(chain, () => chain.chain.height >= height, timeoutOf(args), signal);
  },
};

/** The methods that wait for blocks. */
export const chainWaitMethods: readonly ChainMethod[] = [
  waitfornewblock, waitforblock, waitforblockheight,
];
