import type { BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { chainFile, loadChain, type Recipe } from '@btcp2p/chain-maker';
import { bitcoind } from '@btcp2p/testdata';
import type { Bench, Case, CaseFacts, LeftOut, Plan } from '../bench.ts';
import { hasRpc, isBuilt, syncFullNode } from '../full-node.ts';
import { fullSyncSettings, type FullSyncSettings } from '../full-sync-settings.ts';
import { Recording } from '../recording.ts';
import { tryBcoin } from '../rivals/bcoin-library.ts';
import { syncBcoin } from '../rivals/bcoin-sync.ts';
import { syncBitcoind } from '../rivals/bitcoind-sync.ts';
import { coreVersion } from '../rivals/core-version.ts';
import { knowsPeakMemory, type SyncRun, type SyncTarget } from '../sync-run.ts';
import { reaches } from '../target.ts';
import { megabytes, milliseconds, seconds } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Milliseconds for which the thread that talks to peers may be busy with one thing. */
const MAX_STALL_MS = 50;

/** Syncing a chain and checking all of it. */
export const fullsync: Bench = {
  name: 'fullsync',
  about:
    'A whole node that syncs a regtest chain, and checks all of it, over TCP on loopback from a ' +
    'bitcoind. Every run is a fresh process with an empty directory; its time runs from the command ' +
    'to connect until the last block is connected. The payments of the chain (tools/chain-maker) ' +
    'have 1 to 3 inputs and 1 to 3 outputs, and are P2WPKH, P2TR by its key, and P2SH of a 2-of-3 ' +
    'multisig in equal parts. Figures of memory and of stalls are of the same runs as those of time.',
  prepare,
};

async function prepare(): Promise<Plan | LeftOut> {
  const binary = bitcoind();
  if (binary === undefined) return { leftOut: 'there is no bitcoind (set BITCOIND)' };
  if (!isBuilt()) return { leftOut: 'btcp2p-node is not built (npm run build)' };
  const settings = fullSyncSettings(process.env);
  const servers: BitcoindPeer[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers) await server.stop();
  };
  const bcoin = settings.without.includes('bcoin') ? 'bcoin (FULLSYNC_WITHOUT)' : tryBcoin();
  const rivals = { binary, bcoinVersion: typeof bcoin === 'string' ? undefined : bcoin.version };
  try {
    const cases: Case[] = [];
    for (const recipe of settings.chains) {
      const { peer, facts } = await loadChain(binary, chainFile(recipe), recipe.blocks);
      servers.push(peer);
      const chain = {
        peer: `127.0.0.1:${peer.port}`, height: recipe.blocks, coins: facts.hash_serialized_3,
      };
      for (const v2Transport of [true, false]) {
        cases.push(...casesOf(recipe, { ...chain, v2Transport }, rivals, settings));
      }
    }
    const absent = [
      ...(typeof bcoin === 'string' ? [bcoin] : []),
      ...(hasRpc() ? [] : ['a look at our coins (btcp2p-node has no RPC)']),
      ...(knowsPeakMemory() ? [] : ['memory (no /proc here)']),
    ];
    return { cases, absent, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Rivals {
  readonly binary: string;
  readonly bcoinVersion: string | undefined;
}

/** Time, memory and stalls of syncs of one chain over one transport. */
function casesOf(
  recipe: Recipe,
  target: SyncTarget,
  rivals: Rivals,
  { rounds, without }: FullSyncSettings,
): Case[] {
  const ours = new Recording({ name: OURS }, () => syncFullNode(target));
  const others = [
    ...(without.includes('bitcoind') ? [] : [core(rivals.binary, target)]),
    ...(target.v2Transport || rivals.bcoinVersion === undefined
      ? []
      : [new Recording({ name: 'bcoin', version: rivals.bcoinVersion }, () => syncBcoin(target))]),
  ];
  const blocks = recipe.blocks.toLocaleString('en');
  const what =
    recipe.transactions === 0
      ? `${blocks} empty blocks`
      : `${recipe.transactions.toLocaleString('en')} payments in ${blocks} blocks`;
  const name = `${what} over ${target.v2Transport ? 'v2' : 'v1'}`;
  const figure = (facts: CaseFacts, of: (run: SyncRun) => number, hasRivals = true): Case => ({
    ...facts,
    ours: ours.contender(of),
    rivals: hasRivals ? others.map((rival) => rival.contender(of)) : [],
    rounds,
  });
  return [
    figure({ name, unit: seconds, method: TIME }, (run) => run.seconds),
    ...(knowsPeakMemory()
      ? [
          figure({ name: `${name}: memory`, unit: megabytes, method: MEMORY }, (run) => run.peakMemory),
        ]
      : []),
    figure(
      {
        name: `${name}: longest stall`, unit: milliseconds, method: STALL,
        targets: [reaches(MAX_STALL_MS, milliseconds)],
      },
      (run) => run.longestStall!,
      false,
    ),
  ];
}

function core(binary: string, target: SyncTarget): Recording<SyncRun> {
  const version = coreVersion(binary);
  return new Recording(
    { name: 'bitcoind', ...(version === undefined ? {} : { version }) },
    () => syncBitcoind(binary, target),
  );
}

const TIME =
  'ours is the program `btcp2p-node` with its defaults; its time runs from its first dial until its ' +
  'log has the tip, which is looked at every 10 ms. bitcoind runs with `-checkblockindex=0 ' +
  '-checkmempool=0` and without a log. The peer needs a part of a core too. All three check all ' +
  'signatures, but that bcoin knows nothing of taproot and lets everyone spend such outputs; it keeps ' +
  'everything in memory, runs in one thread, speaks only v1, and checks signatures by libsecp256k1. ' +
  'The coins of bitcoind are compared with those of the peer, and ours where it can be asked for them.';

const MEMORY =
  'the most that the process has held at any time until it had the tip (`VmHWM` of Linux), with ' +
  'everything that it shares with others, like code.';

const STALL =
  'the longest time in which the event loop of the main thread, which talks to peers, did not come ' +
  'around, from its first dial until the tip was reached (`monitorEventLoopDelay` of Node.js, with a ' +
  'resolution of 1 ms, which is part of it). Where other threads and processes keep all cores busy, ' +
  'what it waits for one counts too.';
