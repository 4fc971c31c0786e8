import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SeededRng } from '@btcp2p/machine';
import { RegtestChain, writeBlockFile } from '@btcp2p/regtest';
import { hashToHex, regtest } from '@btcp2p/wire';
import { RpcNode } from './support/rpc-node.ts';
import { temporaryDirectory } from './support/support.ts';

const KILLS = 4 * Number(process.env['BTCP2P_CRASH_RUNS'] ?? 1);
const SEED = BigInt(process.env['BTCP2P_CRASH_SEED'] ?? 1);
const TIP = 520;
/** Blocks that are always there. */
const KEPT = 288;
/** Bytes of a block; with `-fastprune` each has a file of its own. */
const SIZE = 100_000;
/** Less than the last blocks take, so that all goes that may. */
const TARGET = 25_000_000;

const chain = new RegtestChain();
const files = mkdtempSync(join(tmpdir(), 'btcp2p-pruning-'));
const file = join(files, 'blocks.dat');
let hashes: string[];
let coins: string;

interface Info {
  readonly blocks: number;
  readonly pruned: boolean;
  readonly pruneheight?: number;
  readonly automatic_pruning?: boolean;
  readonly prune_target_size?: number;
  readonly size_on_disk: number;
}

beforeAll(async () => {
  chain.mine(TIP, { padding: SIZE });
  hashes = [regtest.genesis, ...chain.blocks].map((block) => hashToHex(block.hash()));
  writeBlockFile(file, regtest, chain.blocks.map(({ bytes }) => bytes));
  const node = await RpcNode.up(temporaryDirectory(), [`-loadblock=${file}`]);
  coins = await coinsOf(node);
  expect(await node.rpc<Info>('getblockchaininfo')).toMatchObject({ blocks: TIP, pruned: false });
  await node.stop();
}, 120_000);
afterAll(() => rmSync(files, { recursive: true }));

const coinsOf = async (node: RpcNode): Promise<string> =>
  (await node.rpc<{ muhash: string }>('gettxoutsetinfo', 'muhash')).muhash;

/** What is said of blocks has to be what is there. Returns what is said. */
async function checked(node: RpcNode): Promise<Info> {
  const info = await node.rpc<Info>('getblockchaininfo');
  const { blocks: tip, pruneheight: first = 0 } = info;
  for (const height of new Set([first, first + 1, Math.max(first, tip - KEPT), tip - 1, tip])) {
    expect(await node.rpc('getblock', hashes[height], 1)).toMatchObject({ hash: hashes[height] });
  }
  if (first > 0) {
    const gone = node.rpc('getblock', hashes[first - 1]);
    await expect(gone).rejects.toThrow('Block not available (pruned data)');
  }
  expect(first).toBeLessThanOrEqual(Math.max(0, tip - KEPT + 1));
  const names = readdirSync(join(node.directory, 'blocks'));
  // What was torn has been cut off, down to nothing.
  const stored = names.filter(
    (name) => name.startsWith('blk') && statSync(join(node.directory, 'blocks', name)).size > 0,
  );
  let size = 0;
  for (const name of names.filter((each) => /^(blk|rev)/.test(each))) {
    size += statSync(join(node.directory, 'blocks', name)).size;
  }
  expect({ files: stored.length, size }).toEqual({
    files: tip - first + 1, size: info.size_on_disk,
  });
  return info;
}

test('as blocks come, old ones go by themselves, and no more than may', async () => {
  const directory = temporaryDirectory();
  let node = await RpcNode.up(directory, ['-fastprune', `-loadblock=${file}`], { prune: TARGET });
  const info = await checked(node);
  expect(info).toMatchObject({
    blocks: TIP, pruned: true, automatic_pruning: true, prune_target_size: TARGET,
  });
  expect(info.pruneheight).toBe(TIP - KEPT + 1);
  expect(await coinsOf(node)).toBe(coins);
  await node.stop();
  node = await RpcNode.up(directory, ['-fastprune'], { prune: TARGET });
  expect((await checked(node)).pruneheight).toBe(TIP - KEPT + 1);
  const network = await node.rpc<{ localservicesnames: readonly string[] }>('getnetworkinfo');
  expect(network.localservicesnames).toContain('NETWORK_LIMITED');
  expect(network.localservicesnames).not.toContain('NETWORK');

  await node.rpc('invalidateblock', hashes[TIP - KEPT + 1]);
  expect(await node.rpc('getblockcount')).toBe(TIP - KEPT);
  await node.rpc('reconsiderblock', hashes[TIP - KEPT + 1]);
  expect(await node.rpc('getblockcount')).toBe(TIP);
  // Further back it cannot go; what it has done until then can be taken back.
  await node.rpc('invalidateblock', hashes[100]);
  expect(await node.rpc('getblockcount')).toBe(TIP - KEPT);
  await node.rpc('reconsiderblock', hashes[100]);
  expect(await node.rpc('getblockcount')).toBe(TIP);
  expect(await coinsOf(node)).toBe(coins);
  await expect(node.rpc('pruneblockchain', TIP)).resolves.toBe(TIP - KEPT);
  await node.stop();
}, 120_000);

test(`${KILLS} times kill -9 while blocks come and go, seed ${SEED}`, async () => {
  const rng = new SeededRng(SEED);
  const heights: number[] = [];
  let directory = '';
  for (let kill = 0; kill < KILLS; kill++) {
    directory = temporaryDirectory();
    const loading = await RpcNode.start(directory, ['-fastprune', `-loadblock=${file}`], { prune: TARGET });
    await loading.until(() => loading.log.includes('Importing'));
    await delay(rng.below(800));
    await loading.kill();
    const node = await RpcNode.up(directory, ['-fastprune'], { prune: TARGET });
    heights.push((await checked(node)).blocks);
    await node.kill();
  }
  let node = await RpcNode.up(directory, ['-fastprune', '-prune=1', `-loadblock=${file}`]);
  expect(await coinsOf(node)).toBe(coins);
  // The same by hand.
  for (let height = TIP - KEPT - 20, kill = 0; kill < KILLS; kill++, height += 20 / KILLS) {
    node.rpc('pruneblockchain', Math.floor(height)).catch(() => {});
    await delay(rng.below(30));
    await node.kill();
    node = await RpcNode.up(directory, ['-fastprune', '-prune=1']);
    await checked(node);
  }
  expect(await coinsOf(node)).toBe(coins);
  await node.stop();
  process.stderr.write(`${2 * KILLS} kills, no difference, at heights ${heights.join(' ')}\n`);
}, 120_000 + 20_000 * KILLS);
