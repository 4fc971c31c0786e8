import { expect, test } from '@jest/globals';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SeededRng, type Rng } from '@btcp2p/machine';
import { writeBlockFile } from '@btcp2p/regtest';
import { hashToHex, regtest } from '@btcp2p/wire';
import { BranchPeer } from './support/branch-peer.ts';
import { differences, inspect, isNone, lost } from './support/crash-check.ts';
import { NodeProcess, readLog } from './support/node-process.ts';
import { SpendingBlocks } from './support/spending-blocks.ts';
import { temporaryDirectory } from './support/support.ts';
import { until } from './support/test-node.ts';

const RUNS = Number(process.env['BTCP2P_CRASH_RUNS'] ?? 1);
/** How often a node is killed in all. `npm run soak` asks for 300. */
const KILLS = RUNS === 1 ? 8 : 25 * RUNS;
/** Kills until a node may go on to the end, after which another begins with other blocks. */
const KILLS_PER_CHAIN = 12;
const SEED = BigInt(process.env['BTCP2P_CRASH_SEED'] ?? 1);

/** What the kills met with. */
const tally = {
  noCoins: 0, midWrite: 0, behind: 0, atTip: 0, lostBlocks: 0, rebuilding: 0, pruned: 0, chains: 0,
};

interface World {
  readonly rng: Rng;
  readonly blocks: SpendingBlocks;
  readonly peer: BranchPeer;
  readonly directory: string;
  readonly isPruned: boolean;
}

test(`${KILLS} times kill -9 in sync, in reorganisations and at start, seed ${SEED}`, async () => {
  const rng = new SeededRng(SEED);
  for (let kills = 0, chain = 0; kills < KILLS; chain++) {
    const blocks = new SpendingBlocks({ seed: rng.u64(), reorgs: 24, depth: 25 });
    const peer = await BranchPeer.start(blocks);
    const world = { rng, blocks, peer, directory: temporaryDirectory(), isPruned: chain % 4 === 3 };
    try {
      for (let i = 0; i < KILLS_PER_CHAIN && kills < KILLS; i++, kills++) await killOnce(world, kills);
      await finish(world);
      tally.chains++;
    } finally {
      await peer.close();
    }
  }
  process.stderr.write(`${KILLS} kills, no difference: ${JSON.stringify(tally)}\n`);
}, 60_000 + 15_000 * KILLS);

/** Runs a node until it is killed, and looks at what it has left. */
async function killOnce(world: World, kill: number): Promise<void> {
  const { rng, blocks, isPruned } = world;
  const chain = join(world.directory, 'regtest');
  const isRebuilding = !isPruned && rng.below(8) === 0;
  const before = readLog(chain).length;
  // So little that most flushes are many writes.
  const args = [`-dbbatchsize=${100 + rng.below(1_500)}`, ...(isRebuilding ? rebuilding(world) : [])];
  const node = startNode(world, args);
  if (isRebuilding || rng.below(4) === 0) await afterStart(node, rng.below(isRebuilding ? 1_500 : 500));
  else if (rng.below(2) === 0) await inSync(node, world, () => delay(rng.below(60)));
  else await inSync(node, world, () => whileWriting(chain, rng));
  await node.end('SIGKILL');

  const found = inspect(chain);
  const log = readLog(chain);
  if (found.left === undefined) tally.midWrite++;
  else if (isNone(found.left.best)) tally.noCoins++;
  else if (found.left.best !== found.tip) tally.behind++;
  else tally.atTip++;
  if (isRebuilding) tally.rebuilding++;
  if (isPruned) tally.pruned++;
  tally.lostBlocks += /Found \d+ blocks that were not/.test(log.slice(before)) ? 1 : 0;
  const faults = differences(found, blocks, log);
  if (!isPruned) faults.push(...lost(found, log).map((hash) => `block ${hash} is lost`));
  expect({ kill, faults }).toEqual({ kill, faults: [] });
}

/** Lets a node come to the end, where it has to be as one that nothing disturbed. */
async function finish(world: World): Promise<void> {
  const { blocks, peer } = world;
  const chain = join(world.directory, 'regtest');
  peer.release(blocks.blocks.length);
  const node = startNode(world, []);
  const best = hashToHex(blocks.headers.hash(peer.best));
  await node.logged(new RegExp(`(?:new best|hashBestChain)=${best} `));
  expect(await node.end()).toEqual({ code: 0, errors: '' });
  const found = inspect(chain);
  expect(found).toMatchObject({ left: { best }, tip: best });
  expect(differences(found, blocks, readLog(chain))).toEqual([]);
}

function startNode({ rng, peer, directory, isPruned }: World, args: readonly string[]): NodeProcess {
  const chain = {
    // One chunk of memory, and so much more as the tables of some hundred coins take.
    dbCache: 2 ** 20 + 7_400 + rng.below(4_000),
    ...(isPruned && { prune: 1_000 }),
  };
  const common = [`-connect=${peer.address}`, '-fastprune', '-maxtipage=9999999999'];
  return new NodeProcess(directory, [...common, ...args], { chain });
}

/** Options to build the index or the coins anew, or to read blocks from a file. */
function rebuilding({ rng, blocks, directory }: World): string[] {
  const kind = rng.below(3);
  if (kind < 2) return [kind === 0 ? '-reindex' : '-reindex-chainstate'];
  const file = join(directory, 'blocks.dat');
  const count = rng.below(blocks.blocks.length);
  writeBlockFile(file, regtest, blocks.blocks.slice(0, count).map(({ bytes }) => bytes));
  return [`-loadblock=${file}`];
}

/** Some time after the first line of the log. */
async function afterStart(node: NodeProcess, milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    node.child.stdout!.once('data', resolve);
    node.child.once('close', resolve);
  });
  await delay(milliseconds);
}

/** When some blocks have been fetched, while others keep coming, and then at any moment. */
async function inSync(
  node: NodeProcess,
  { rng, peer }: World,
  moment: () => Promise<unknown>,
): Promise<void> {
  const wanted = peer.sent + 1 + rng.below(60);
  const growing = setInterval(() => {
    if (peer.isConnected) peer.release(rng.below(4));
  }, 10);
  try {
    await until(
      () => peer.sent >= wanted || (peer.isConnected && peer.hasAll) || node.child.exitCode !== null,
      () => `${peer.sent} blocks sent instead of ${wanted}`,
      60,
    );
    await moment();
  } finally {
    clearInterval(growing);
  }
}

/** When coins are written, or the index, or blocks and undo data; else after a while. */
async function whileWriting(chain: string, rng: Rng): Promise<void> {
  const directory = join(chain, ['chainstate', 'chainstate', 'blocks/index', 'blocks'][rng.below(4)]!);
  let left = rng.below(60);
  const abort = new AbortController();
  const { signal } = abort;
  const watcher = watch(directory, { signal }, () => left-- <= 0 && abort.abort());
  watcher.on('error', () => {});
  await delay(1_000, undefined, { signal }).catch(() => {});
  watcher.close();
}
