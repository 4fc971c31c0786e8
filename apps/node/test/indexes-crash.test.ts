// Indexes after kill -9 at any time: what is left of them, caught up, is what one makes from the blocks.
import { expect, test } from '@jest/globals';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SequentialScriptChecker } from '@btcp2p/chainstate';
import { SeededRng } from '@btcp2p/machine';
import { nativeSha256d } from '@btcp2p/reactor';
import { toHex } from '@btcp2p/wire';
import { ChainService } from '../src/chain/chain-service.ts';
import { defaultChainSettings } from '../src/chain/chain-settings.ts';
import { BranchPeer } from './support/branch-peer.ts';
import { NodeProcess, readLog } from './support/node-process.ts';
import { SpendingBlocks } from './support/spending-blocks.ts';
import { temporaryDirectory } from './support/support.ts';
import { until } from './support/test-node.ts';

const KILLS = Number(process.env['BTCP2P_INDEX_KILLS'] ?? 4);
const SEED = BigInt(process.env['BTCP2P_CRASH_SEED'] ?? 1);
const INDEXES = ['-txindex', '-blockfilterindex'];

/** What the indexes of a chain's directory say of all blocks and transactions, once they caught up. */
function inspect(directory: string, blocks: SpendingBlocks, { anew }: { readonly anew: boolean }): {
  readonly steps: number;
  readonly height: number;
  readonly answers: readonly string[];
} {
  const copy = temporaryDirectory();
  cpSync(directory, copy, { recursive: true });
  if (anew) rmSync(join(copy, 'indexes'), { recursive: true, force: true });
  const settings = {
    ...defaultChainSettings('regtest', copy, 2 ** 32 - 1),
    fastPrune: true,
    txIndex: true,
    blockFilterIndex: true,
    interrupt: new Int32Array(1),
    addonGate: new SharedArrayBuffer(64),
  };
  const service = new ChainService(settings, new SequentialScriptChecker(), () => {});
  try {
    const { tip, headers } = service.load();
    const headerOf = (entry: number): Uint8Array => headers.subarray(80 * (entry - 1), 80 * entry);
    const entries = new Map(Array.from({ length: headers.length / 80 }, (_, i) => (
      [toHex(nativeSha256d(headerOf(i + 1))), i + 1] as const
    )));
    const active: number[] = [];
    for (let at: number | undefined = tip; at !== undefined && at > 0; ) {
      active.unshift(at);
      at = entries.get(toHex(headerOf(at).subarray(4, 36)));
    }
    let steps = 0;
    for (const _ of service.catchUp()) steps++;
    const answers: string[] = [];
    for (const entry of active) {
      const block = blocks.blockOf(blocks.find(nativeSha256d(headerOf(entry))));
      answers.push(shown(service.query({ type: 'block-filter', entry }, 0)));
      for (let i = 0; i < block.transactionCount; i++) {
        answers.push(shown(service.query({ type: 'find-transaction', txid: block.txid(i) }, 0)));
      }
    }
    return { steps, height: active.length, answers };
  } finally {
    service.close();
    rmSync(copy, { recursive: true });
  }
}

function shown(answer: unknown): string {
  return JSON.stringify(answer, (_, value) => (value instanceof Uint8Array ? toHex(value) : value));
}

test(`${KILLS} times kill -9 while blocks are indexed, seed ${SEED}`, async () => {
  const rng = new SeededRng(SEED);
  const blocks = new SpendingBlocks({ seed: rng.u64(), reorgs: 60, depth: 6 });
  const peer = await BranchPeer.start(blocks);
  const directory = temporaryDirectory();
  const chain = join(directory, 'regtest');
  const tally = { behind: 0, withoutIndexes: 0 };
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const isOn = kill % 3 !== 2;
      if (!isOn) tally.withoutIndexes++;
      // Little memory for coins, so that they are stored often, and the chain starts where it was.
      const chainOptions = { dbCache: 2 ** 20 + 7_400 + rng.below(4_000) };
      const args = [`-connect=${peer.address}`, '-fastprune', '-maxtipage=9999999999'];
      const node = new NodeProcess(directory, isOn ? [...args, ...INDEXES] : args, { chain: chainOptions });
      node.child.stdout!.resume();
      // It gets a part of the blocks, so that there is something left for the next one.
      const last = peer.released + 40 + rng.below(30);
      const sent = peer.sent;
      const growing = setInterval(() => {
        if (peer.released < last) peer.release(1 + rng.below(5));
      }, 10);
      try {
        await until(
          () => peer.sent >= sent + 25 || (peer.isConnected && peer.hasAll),
          () => `${peer.sent - sent} blocks sent`, 60,
        );
        await delay(rng.below(200));
      } finally {
        clearInterval(growing);
      }
      // One that ends in order stores all coins: the indexes have to begin where they were.
      await node.end(isOn ? 'SIGKILL' : 'SIGTERM');
      const left = inspect(chain, blocks, { anew: false });
      const made = inspect(chain, blocks, { anew: true });
      if (left.steps > 0) tally.behind++;
      expect(left.height).toBe(made.height);
      expect(made.answers.length).toBeGreaterThanOrEqual(2 * made.height);
      expect(left.answers).toEqual(made.answers);
      expect(left.answers.every((answer) => answer.startsWith('{"status":"found"'))).toBe(true);
    }
    expect(tally.behind).toBeGreaterThanOrEqual(tally.withoutIndexes);
    expect(readLog(chain)).toContain('is enabled at height');
    process.stderr.write(`${KILLS} kills: ${JSON.stringify(tally)}\n`);
  } finally {
    await peer.close();
  }
}, 60_000 + 15_000 * KILLS);
