import { afterEach, describe, expect, test } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { hashToHex, toHex } from '@btcp2p/wire';
import { inspect } from './support/crash-check.ts';
import { NodeProcess } from './support/node-process.ts';
import { SpendingBlocks } from './support/spending-blocks.ts';
import { temporaryDirectory } from './support/support.ts';
import { TestNode } from './support/test-node.ts';

/** What `gettxoutsetinfo` says, as far as it is of interest here. */
interface CoinInfo {
  readonly bestblock: string;
  readonly hash_serialized_3: string;
}

const blocks = new SpendingBlocks({ seed: 0x1234n, reorgs: 8, depth: 12 });
const best = hashToHex(blocks.headers.hash(blocks.headers.best));
const hash = blocks.coins.hashAt(blocks.headers.best);

let running: BitcoindPeer | undefined;
let node: TestNode | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await node?.remove();
  node = undefined;
});

/** The block files that are in a directory, with their key. */
function blockFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => /^(?:blk\d+|xor)\.dat$/.test(name));
}

/** Copies them into a new data directory. */
function datadirOf(directory: string): string {
  const base = temporaryDirectory();
  const to = join(base, 'regtest', 'blocks');
  mkdirSync(to, { recursive: true });
  for (const name of blockFiles(directory)) cpSync(join(directory, name), join(to, name));
  return base;
}

/** Runs a node of ours until it has loaded all, and looks at what it has made of it. */
async function imported(base: string, args: readonly string[]): Promise<unknown> {
  const ours = new NodeProcess(base, ['-connect=0', ...args]);
  await ours.logged(/Loaded best chain/);
  expect(await ours.end()).toEqual({ code: 0, errors: '' });
  const { tip, hash, stored } = inspect(ours.directory);
  return { tip, hash, stored: stored.size };
}

describeWithBitcoind('blocks of a chain with spends and stale branches', (binary) => {
  const start = async (...args: string[]): Promise<BitcoindPeer> =>
    (running = await startBitcoind(binary, ['-connect=0', ...args]));

  const coinsOf = async (core: BitcoindPeer): Promise<CoinInfo> => {
    await core.until(async () => (await core.rpc('getbestblockhash')) === best);
    return core.rpc<CoinInfo>('gettxoutsetinfo', 'hash_serialized_3');
  };

  describe.each([
    ['hidden, in small files', ['-fastprune']],
    ['plain', ['-blocksxor=0']],
  ])('%s', (_, args) => {
    test('we import a bitcoind’s', async () => {
      const theirs = mkdtempSync(join(tmpdir(), 'btcp2p-theirs-'));
      try {
        const core = await start(`-blocksdir=${theirs}`, ...args);
        for (const { bytes } of blocks.blocks) {
          expect([null, 'inconclusive']).toContain(await core.rpc('submitblock', toHex(bytes)));
        }
        // The model that all is compared with is right.
        expect(await coinsOf(core)).toMatchObject({ bestblock: best, hash_serialized_3: hash });
        await core.stop();
        running = undefined;
        const directory = join(theirs, 'regtest', 'blocks');
        const expected = { tip: best, hash, stored: blocks.blocks.length };
        const copy = datadirOf(directory);
        expect(await imported(copy, ['-reindex', ...args])).toEqual(expected);
        // Once more, of what is ours now, the coins alone too.
        expect(await imported(copy, ['-reindex', ...args])).toEqual(expected);
        expect(await imported(copy, ['-reindex-chainstate', ...args])).toEqual(expected);
        const files = blockFiles(directory).filter((name) => name.startsWith('blk'));
        const loading = files.sort().map((name) => `-loadblock=${join(directory, name)}`);
        expect(await imported(temporaryDirectory(), loading)).toEqual(expected);
        // Nobody has to say that the index is missing.
        expect(await imported(datadirOf(directory), args)).toEqual(expected);
      } finally {
        rmSync(theirs, { recursive: true });
      }
    }, 120_000);

    test('a bitcoind imports ours', async () => {
      node = await TestNode.start(args);
      await node.submit(blocks.blocks);
      await node.stop();
      const ours = join(node.directory, 'regtest', 'blocks');
      expect(inspect(join(node.directory, 'regtest'))).toMatchObject({ tip: best, hash });
      const base = datadirOf(ours);
      const reindexing = await start(`-blocksdir=${base}`, '-reindex', ...args);
      expect(await coinsOf(reindexing)).toMatchObject({ bestblock: best, hash_serialized_3: hash });
      expect(await reindexing.rpc('verifychain', 4, 0)).toBe(true);
      await reindexing.stop();
      // It reads plain files only.
      if (!args.includes('-blocksxor=0')) return;
      const files = blockFiles(ours).filter((name) => name.startsWith('blk'));
      const loading = await start(...files.map((name) => `-loadblock=${join(ours, name)}`));
      expect(await coinsOf(loading)).toMatchObject({ bestblock: best, hash_serialized_3: hash });
    }, 120_000);
  });
});
