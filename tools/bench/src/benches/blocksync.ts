import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBcoin } from '@btcp2p/bcoin-peer';
import { canSpawn, regtestChain, spawnReplayPeer, type SpawnedPeer } from '@btcp2p/replay-peer';
import { writeBlockFile } from '@btcp2p/regtest';
import { bitcoind } from '@btcp2p/testdata';
import { regtest } from '@btcp2p/wire';
import type { Bench, Case, Contender, LeftOut, Plan } from '../bench.ts';
import { tryBcoin } from '../rivals/bcoin-library.ts';
import { syncBlocks } from '../rivals/bitcoind-sync.ts';
import { coreVersion } from '../rivals/core-version.ts';
import { selfTimed, type Outcome } from '../self-timed.ts';
import { runSyncNode } from '../sync-node.ts';
import { perSecond } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Each sample is a process of its own here. */
const ROUNDS = 5;

/** Height of the chain. */
const HEIGHT = 5_000;

/** Milliseconds that bcoin has. */
const TIMEOUT_MS = 120_000;

/** Getting blocks from a peer over TCP. */
export const blocksync: Bench = {
  name: 'blocksync',
  about:
    `Getting ${HEIGHT.toLocaleString('en')} blocks of a regtest chain over TCP on loopback, each ` +
    'with its coinbase alone, from a peer of ours (tools/replay-peer) in a process of its own. Every ' +
    'sample is a fresh process with an empty directory; its time runs from the command to connect ' +
    'until the last block is kept.',
  prepare,
};

async function prepare(): Promise<Plan | LeftOut> {
  if (!canSpawn()) return { leftOut: 'the replay peer is not built (npm run build)' };
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
  let peer: SpawnedPeer | undefined;
  const close = async (): Promise<void> => {
    await peer?.close();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const file = join(directory, 'blocks.blk');
    writeBlockFile(file, regtest, regtestChain(HEIGHT + 1));
    peer = await spawnReplayPeer({ network: 'regtest', blocks: [file] });
    const bcoin = tryBcoin();
    const absent = [
      ...(bitcoind() === undefined ? ['Bitcoin Core (set BITCOIND)'] : []),
      ...(typeof bcoin === 'string' ? [bcoin] : []),
    ];
    const version = typeof bcoin === 'string' ? undefined : bcoin.version;
    return { cases: [blocksCase(peer.address, version)], absent, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function blocksCase(peer: string, bcoinVersion: string | undefined): Case {
  return {
    name: `${HEIGHT.toLocaleString('en')} empty blocks`,
    unit: perSecond('blocks', HEIGHT),
    ours: selfTimed({
      name: OURS,
      run: () => runSyncNode({ chain: 'regtest', peer, until: 'blocks', height: HEIGHT }),
    }),
    rivals: [...core(peer), ...(bcoinVersion === undefined ? [] : [bcoin(peer, bcoinVersion)])],
    method:
      'headers, then blocks. Ours (`Node` under `Reactor`, with the storage of apps/node) checks ' +
      'headers and blocks in their context and writes the blocks to files as Core does; it keeps no ' +
      'coins and runs no scripts, which bitcoind and bcoin do, so the figures do not compare what ' +
      'they do with a block, only how fast they are through. bitcoind runs with ' +
      '`-checkblockindex=0 -checkmempool=0`; bcoin is a full node in memory. Blocks without payments ' +
      'measure messages and scheduling.',
    rounds: ROUNDS,
  };
}

function core(peer: string): Contender[] {
  const binary = bitcoind();
  if (binary === undefined) return [];
  const version = coreVersion(binary);
  return [
    selfTimed({
      name: 'bitcoind',
      ...(version === undefined ? {} : { version }),
      run: () => syncBlocks(binary, { peer, height: HEIGHT, v2Transport: false }),
    }),
  ];
}

function bcoin(peer: string, version: string): Contender {
  return selfTimed({ name: 'bcoin', version, run: () => syncBcoin(peer) });
}

async function syncBcoin(peer: string): Promise<Outcome> {
  const node = await startBcoin({ network: 'regtest', listen: false });
  try {
    const start = performance.now();
    await node.addPeer(peer);
    await node.waitForHeight(HEIGHT, TIMEOUT_MS);
    const seconds = (performance.now() - start) / 1_000;
    return { seconds, answer: await node.tipHash() };
  } finally {
    await node.stop();
  }
}
