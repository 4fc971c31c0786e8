import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HeaderEntry } from '@btcp2p/consensus';
import { hashToHex } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import { asObject, asString } from '../convert.ts';
import { JsonNumber } from '../json-value.ts';
import type { NetworkContext } from '../network-context.ts';
import {
  RPC_DESERIALIZATION_ERROR, RPC_INTERNAL_ERROR, RPC_INVALID_PARAMETER, RPC_MISC_ERROR, RpcError,
} from '../rpc-error.ts';
import { exampleCli } from '../rpc-help.ts';
import type { RpcArgs, RpcMethod } from '../rpc-method.ts';
import type { RpcResult } from '../rpc-result.ts';
import { blockHashHex, type ChainPart } from './chain-part.ts';
import { blockByHashOrHeight } from './hash-or-height.ts';
import { longQuery } from './long-query.ts';
import { prunedHeight } from './pruned-height.ts';

/** Going back in the chain is done without peers, who would not understand it. */
type SnapshotPart = ChainPart & { readonly network: NetworkContext };
type SnapshotMethod = RpcMethod<SnapshotPart>;

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });
const text = (name: string, description: string): RpcResult => ({ type: 'string', name, description });

const dumptxoutset: SnapshotMethod = {
  name: 'dumptxoutset',
  category: 'blockchain',
  description:
    'Writes all outputs that are not spent into a file, which loadtxoutset can read if it is of one of ' +
    'the heights that it knows. It takes minutes.\n' +
    'To write those of an older block, the node goes back to that and forth again, and talks to nobody ' +
    'meanwhile.',
  params: [
    { name: 'path', type: 'string', description: 'The file; relative to the directory of the chain' },
    {
      name: 'type', type: 'string', default: '',
      description:
        'As of which block: "latest" for the last one of the chain, "rollback" for the highest that ' +
        'loadtxoutset knows, or the one that is named',
    },
    {
      name: 'options', type: 'named-object', optional: true, description: '',
      inner: [{
        name: 'rollback', type: 'number', optional: true, anyType: true,
        typeText: ['', 'string or numeric'], description: 'Hash or height of the block',
      }],
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        number('coins_written', 'How many outputs they are'),
        hex('base_hash', 'The hash of the block'),
        number('base_height', 'The height of the block'),
        text('path', 'Where the file is'),
        hex('txoutset_hash', 'A hash of all outputs'),
        number('nchaintx', 'How many transactions the chain has up to the block'),
      ],
    },
  ],
  examples: [
    exampleCli('dumptxoutset', 'utxo.dat latest'), exampleCli('dumptxoutset', 'utxo.dat rollback'),
  ],
  handler: async (args, { chain, network }) => {
    const target = targetOf(args, chain);
    const path = resolve(chain.directory, args.get('path', asString));
    if (existsSync(path)) {
      throw new RpcError(
        RPC_INVALID_PARAMETER,
        `${path} already exists. If you are sure this is what you want, move it out of the way first`,
      );
    }
    const dump = (): Promise<SnapshotJson> => dumpAt(chain, target, path);
    return target === chain.chain.tip() ? dump() : rolledBack(chain, network, target, dump);
  },
};

/** The block whose coins are to be written. */
function targetOf(args: RpcArgs, chain: ChainContext): HeaderEntry {
  const type = args.get('type', asString);
  const options = args.maybe('options', asObject);
  if (options?.has('rollback') === true) {
    if (type !== '' && type !== 'rollback') {
      throw new RpcError(
        RPC_INVALID_PARAMETER, `Invalid snapshot type "${type}" specified with rollback option`,
      );
    }
    return blockByHashOrHeight(chain, options.get('rollback'));
  }
  if (type === 'latest') return chain.chain.tip();
  if (type === 'rollback') {
    const heights = chain.params.assumeutxo.map(({ height }) => height);
    return blockByHashOrHeight(chain, new JsonNumber(String(Math.max(...heights))));
  }
  throw new RpcError(
    RPC_INVALID_PARAMETER,
    `Invalid snapshot type "${type}" specified. Please specify "rollback" or "latest"`,
  );
}

type SnapshotJson = Readonly<Record<string, string | number>>;

async function dumpAt(
  chain: ChainContext,
  target: HeaderEntry,
  path: string,
): Promise<SnapshotJson> {
  if (chain.chain.tip() !== target) {
    throw new RpcError(RPC_MISC_ERROR, 'Could not roll back to requested height.');
  }
  const refusal = { code: RPC_INVALID_PARAMETER };
  const written = await longQuery(chain, { type: 'dump-snapshot', path }, refusal);
  const [facts] = await chain.query({ type: 'block-facts', entries: [written.base] });
  return {
    coins_written: written.coins,
    base_hash: blockHashHex(chain, written.base),
    base_height: chain.headers.height(written.base),
    path,
    txoutset_hash: hashToHex(written.hash),
    nchaintx: facts!.chainTransactions,
  };
}

/** Does something while the chain ends with an earlier block. */
async function rolledBack<T>(
  chain: ChainContext,
  network: NetworkContext,
  target: HeaderEntry,
  work: () => Promise<T>,
): Promise<T> {
  const height = chain.headers.height(target);
  if (chain.pruneTarget !== undefined && (prunedHeight(chain) ?? -1) >= height) {
    throw new RpcError(
      RPC_MISC_ERROR,
      'Could not roll back to requested height since necessary block data is already pruned.',
    );
  }
  const wasActive = network.isNetworkActive;
  if (wasActive) network.setNetworkActive(false);
  const entry = chain.chain.at(height + 1)!;
  try {
    await chain.query({ type: 'invalidate-block', entry });
    return await work();
  } finally {
    await chain.query({ type: 'reconsider-block', entry });
    if (wasActive) network.setNetworkActive(true);
  }
}

const loadtxoutset: SnapshotMethod = {
  name: 'loadtxoutset',
  category: 'blockchain',
  description:
    'Loads outputs that are not spent from a file that dumptxoutset wrote, and goes on from there at ' +
    'once. The hash of what is in it must be one that is known. All blocks before are checked ' +
    'afterwards, while the chain goes on.',
  params: [
    { name: 'path', type: 'string', description: 'The file; relative to the directory of the chain' },
  ],
  results: [
    {
      type: 'object',
      inner: [
        number('coins_loaded', 'How many outputs they are'),
        hex('tip_hash', 'The hash of the block as of which they are'),
        number('base_height', 'The height of that'),
        text('path', 'Where the file is'),
      ],
    },
  ],
  examples: [exampleCli('loadtxoutset', 'utxo.dat')],
  handler: async (args, { chain }) => {
    const path = resolve(chain.directory, args.get('path', asString));
    const loaded = await longQuery(chain, { type: 'load-snapshot', path }, { code: codeOf });
    return {
      coins_loaded: loaded.coins,
      tip_hash: blockHashHex(chain, loaded.base),
      base_height: chain.headers.height(loaded.base),
      path,
    };
  },
};

/** Core tells apart a file that is not there, one that is none, and one that is not good. */
function codeOf(message: string): number {
  if (message.startsWith("Couldn't open file")) return RPC_INVALID_PARAMETER;
  if (message.startsWith('Unable to parse metadata')) return RPC_DESERIALIZATION_ERROR;
  return RPC_INTERNAL_ERROR;
}

/** The methods about snapshots of all coins. */
export const snapshotMethods: readonly SnapshotMethod[] = [dumptxoutset, loadtxoutset];
