import { canSpawn, spawnReplayPeer, type SpawnedPeer } from '@btcp2p/replay-peer';
import { bitcoind, dataPath, expectedDataDirectory } from '@btcp2p/testdata';
import type { Bench, Case, LeftOut, Plan } from '../bench.ts';
import { hasHeaders, headerRange, type HeaderRange } from '../header-data.ts';
import { HEADERS_POLL_MS, syncHeaders } from '../rivals/bitcoind-sync.ts';
import { coreVersion } from '../rivals/core-version.ts';
import { selfTimed, type SelfTimed } from '../self-timed.ts';
import { runSyncNode } from '../sync-node.ts';
import { perSecond } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Each sample is a process of its own here, and bitcoind's take a second to start and to end. */
const ROUNDS = 5;

/** Getting headers from a peer over TCP. */
export const headersync: Bench = {
  name: 'headersync',
  about:
    'Getting the headers of mainnet over TCP on loopback, from a peer of ours (tools/replay-peer) in ' +
    'a process of its own. Every sample is a fresh process with an empty directory, v1 transport; ' +
    'its time runs from the command to connect until all headers are accepted, and so includes the ' +
    'handshake, and for ours the compiling of JavaScript. Both sides also ask for blocks, which the ' +
    'peer does not have.',
  prepare,
};

async function prepare(): Promise<Plan | LeftOut> {
  if (!hasHeaders()) {
    return { leftOut: `no real headers in ${expectedDataDirectory()} (set BTCP2P_DATA)` };
  }
  if (!canSpawn()) return { leftOut: 'the replay peer is not built (npm run build)' };
  const peers: SpawnedPeer[] = [];
  const close = async (): Promise<void> => {
    for (const peer of peers) await peer.close();
  };
  try {
    const cases: Case[] = [];
    for (const which of ['early', 'long'] as const) {
      const range = headerRange(which);
      const peer = await serve(range);
      peers.push(peer);
      cases.push(syncCase(which, range, peer.address));
    }
    const core = bitcoind() === undefined ? ['Bitcoin Core (set BITCOIND)'] : [];
    const bcoin = 'bcoin (without checkpoints it asks for blocks at once, and for no headers)';
    return { cases, absent: [...core, bcoin], close };
  } catch (error) {
    await close();
    throw error;
  }
}

function serve({ file, firstHeight }: HeaderRange): Promise<SpawnedPeer> {
  const headers = [dataPath(`headers/${file}.bin`)];
  return spawnReplayPeer({ network: 'main', headers, firstHeight });
}

function syncCase(which: 'early' | 'long', range: HeaderRange, peer: string): Case {
  const { lastHeight: height } = range;
  const run: SelfTimed['run'] = () =>
    runSyncNode({ chain: 'main', peer, until: 'headers', height, range: which });
  return {
    name: `headers ${range.name}`,
    unit: perSecond('headers', range.added),
    ours: selfTimed({ name: OURS, run }),
    rivals: which === 'early' ? core(peer, height) : [],
    method: which === 'early' ? EARLY : LONG,
    rounds: ROUNDS,
  };
}

const EARLY =
  'from genesis. Ours is the `Node` of @btcp2p/node under the `Reactor` of @btcp2p/reactor, with the ' +
  'storage of apps/node; it checks all that Core checks of headers, and writes them to disk as they ' +
  'come. bitcoind runs with `-minimumchainwork=0 -checkblockindex=0`; it keeps them in memory and ' +
  `writes them later. It is asked every ${HEADERS_POLL_MS} ms how far it is, since nothing tells; so ` +
  'its time may be that much too long, and it answers that question at times when it could work.';

const LONG =
  'from header 194,270, which is taken on trust. No rival can start there. The peer needs about as ' +
  'much of the other core as the node of its own.';

function core(peer: string, height: number): Case['rivals'] {
  const binary = bitcoind();
  if (binary === undefined) return [];
  const version = coreVersion(binary);
  return [
    selfTimed({
      name: 'bitcoind',
      ...(version === undefined ? {} : { version }),
      run: () => syncHeaders(binary, peer, height),
    }),
  ];
}
