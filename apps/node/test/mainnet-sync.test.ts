import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { SeededRng } from '@btcp2p/machine';
import { nativeSha256d } from '@btcp2p/reactor';
import { startReplayPeer, type ReplayPeer } from '@btcp2p/replay-peer';
import { blkFile, describeWithData, headersFile } from '@btcp2p/testdata';
import { hashToHex, mainnet, toHex } from '@btcp2p/wire';
import { blocksXorKey } from '../src/storage/files/blocks-xor-key.ts';
import { scanBlocks } from '../src/storage/files/scan-blocks.ts';
import { expectBytes, startChild, temporaryDirectory } from './support/support.ts';
import { until } from './support/test-node.ts';

/** How often the node is killed before it may finish. */
const KILLS = 8;
/** How often all that is done, each time with a seed of its own. `npm run soak` asks for more. */
const RUNS = Number(process.env['BTCP2P_CRASH_RUNS'] ?? 1);
const SEEDS = Array.from({ length: RUNS }, (_, i) => 7 + i);

function split(headers: Uint8Array): Uint8Array[] {
  return Array.from({ length: headers.length / 80 }, (_, i) => headers.subarray(80 * i, 80 * i + 80));
}

/**
 * What the runs have acknowledged: the headers and blocks of which their log speaks, when they came
 * or, if a kill came first, when they were loaded.
 */
function acknowledged(log: string): { headers: number; blocks: number } {
  const last = (pattern: RegExp): number => {
    const heights = [...log.matchAll(pattern)].map(([, height]) => Number(height));
    return Math.max(0, ...heights);
  };
  return {
    headers: last(/(?:Synchronizing blockheaders, height: |Loaded (?=\d+ headers))(\d+)/g),
    blocks: last(/(?:UpdateTip: new best|hashBestChain)=\w+ height=(\d+)/g),
  };
}

describeWithData('mainnet, from a peer that replays it over TCP', () => {
  const headers = headersFile('mainnet_0-10236');
  const blocks = blkFile('blocks-early/mainnet_blocks_first100kB.blk');

  test.each(SEEDS)(`10,236 headers and 438 blocks, through ${KILLS} times kill -9, seed %d`, async (seed) => {
    expect([headers.length / 80, blocks.length]).toEqual([10_237, 439]);
    const peer = await startReplayPeer({ network: mainnet, headers: split(headers), blocks, latency: 20 });
    const directory = temporaryDirectory();
    const log = join(directory, 'debug.log');
    const rng = new SeededRng(BigInt(seed));
    try {
      let before = { headers: 0, blocks: 0 };
      for (let kill = 0; kill < KILLS; kill++) {
        const node = startNode(directory, peer);
        await grown(log, before);
        await new Promise((resolve) => setTimeout(resolve, rng.below(60)));
        await end(node, 'SIGKILL');
        before = acknowledged(readFileSync(log, 'utf8'));
      }
      // Killed somewhere on the way, and not only after it.
      expect(before.headers).toBeGreaterThan(0);

      const node = startNode(directory, peer);
      await until(
        () => {
          const { headers, blocks } = acknowledged(readFileSync(log, 'utf8'));
          return headers === 10_236 && blocks === 438;
        },
        () => JSON.stringify(acknowledged(readFileSync(log, 'utf8'))),
      );
      expect(await end(node, 'SIGTERM')).toBe(0);
      const text = readFileSync(log, 'utf8');
      expect(text).toContain(`=${hashToHex(nativeSha256d(blocks[438]!.subarray(0, 80)))} height=438`);
      checkLoads(text);
    } finally {
      await peer.close();
    }

    const stored = join(directory, 'blocks');
    expectBytes(readFileSync(join(stored, 'headers.dat')), headers.subarray(80));
    const found = new Map<string, Uint8Array>();
    for (const block of scanBlocks(stored, blocksXorKey(stored, true), mainnet.magic)) {
      found.set(toHex(nativeSha256d(block.header())), block.bytes());
    }
    for (const block of blocks) {
      expectBytes(found.get(toHex(nativeSha256d(block.subarray(0, 80)))), block);
    }
  }, 60_000);
});

function startNode(directory: string, peer: ReplayPeer): ChildProcess {
  return startChild('../../src/main.ts', [
    '-chain=main', `-datadir=${directory}`, `-connect=${peer.address}`, '-minimumchainwork=0',
    '-printtoconsole=0', '-server=0',
  ]);
}

/** Resolves when the log speaks of more than before, or of all there is. */
async function grown(log: string, before: { headers: number; blocks: number }): Promise<void> {
  const state = (): { headers: number; blocks: number } =>
    existsSync(log) ? acknowledged(readFileSync(log, 'utf8')) : { headers: 0, blocks: 0 };
  await until(
    () => {
      const { headers, blocks } = state();
      return headers > before.headers || blocks > before.blocks || blocks === 438;
    },
    () => JSON.stringify(state()),
  );
}

async function end(node: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  const exited = new Promise<number | null>((resolve) => node.once('close', resolve));
  node.kill(signal);
  return exited;
}

/** Each start found all that the runs before it had acknowledged. */
function checkLoads(log: string): void {
  let starts = 0;
  for (const { index, 1: headers, 2: blocks } of log.matchAll(/Loaded (\d+) headers and (\d+) blocks/g)) {
    const before = acknowledged(log.slice(0, index));
    expect(Number(headers)).toBeGreaterThanOrEqual(before.headers);
    // Genesis may be among the blocks, so that there are heights + 1.
    expect(Number(blocks)).toBeGreaterThanOrEqual(before.blocks);
    starts++;
  }
  expect(starts).toBe(KILLS + 1);
}
