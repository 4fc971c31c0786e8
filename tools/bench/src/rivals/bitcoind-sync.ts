import { setTimeout as sleep } from 'node:timers/promises';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import type { Outcome } from '../self-timed.ts';
import {
  checkCoins, peakMemory, SYNC_TIMEOUT_MS, type SyncRun, type SyncTarget,
} from '../sync-run.ts';

/** Milliseconds between two looks at bitcoind's headers: no call waits for headers. */
export const HEADERS_POLL_MS = 4;

/** No log, nobody to dial, and any chain will do. */
const QUIET = ['-debug=0', '-nodebuglogfile', '-connect=0', '-disablewallet', '-minimumchainwork=0'];

/** Milliseconds after which a sync has failed. */
const TIMEOUT_MS = 120_000;

/**
 * Lets a fresh bitcoind sync headers from a peer.
 *
 * @param peer `host:port`
 */
export async function syncHeaders(binary: string, peer: string, height: number): Promise<Outcome> {
  return withBitcoind(binary, 'main', async (node) => {
    const start = performance.now();
    await connect(node, peer, false);
    while ((await node.rpc<{ headers: number }>('getblockchaininfo')).headers < height) {
      if (performance.now() - start > TIMEOUT_MS) throw new Error('bitcoind gets no headers');
      await sleep(HEADERS_POLL_MS);
    }
    const seconds = (performance.now() - start) / 1_000;
    const tips = await node.rpc<{ height: number; hash: string }[]>('getchaintips');
    return { seconds, answer: tips.find((tip) => tip.height === height)!.hash };
  });
}

/** Which blocks of a regtest chain a bitcoind is to get, and how. */
export interface BlockSync {
  /** `host:port` of the only peer. */
  readonly peer: string;
  readonly height: number;
  readonly v2Transport: boolean;
}

/** Lets a fresh bitcoind sync the blocks of a regtest chain from a peer. */
export async function syncBlocks(
  binary: string,
  { peer, height, v2Transport }: BlockSync,
): Promise<Outcome> {
  return withBitcoind(binary, 'regtest', async (node) => {
    const start = performance.now();
    await connect(node, peer, v2Transport);
    const reached = await node.rpc<{ height: number; hash: string }>(
      'waitforblockheight', height, TIMEOUT_MS,
    );
    const seconds = (performance.now() - start) / 1_000;
    if (reached.height < height) throw new Error(`bitcoind is at ${reached.height}`);
    return { seconds, answer: reached.hash };
  });
}

/** The same with a figure of its memory, and a look at the coins that it has then. */
export async function syncBitcoind(binary: string, target: SyncTarget): Promise<SyncRun> {
  const { peer, v2Transport, height } = target;
  return withBitcoind(binary, 'regtest', async (node) => {
    const start = performance.now();
    await connect(node, peer, v2Transport);
    const reached = await node.rpc<{ height: number; hash: string }>(
      'waitforblockheight', height, SYNC_TIMEOUT_MS,
    );
    const seconds = (performance.now() - start) / 1_000;
    const peak = peakMemory(node.pid);
    const info = await node.rpc<{ hash_serialized_3: string }>('gettxoutsetinfo');
    checkCoins('bitcoind', info.hash_serialized_3, target);
    return { seconds, tip: reached.hash, peakMemory: peak };
  });
}

/**
 * Starts a bitcoind that serves the blocks of a file, in the framing of its own ones.
 *
 * @param height that of the last block
 */
export async function serveBlocks(
  binary: string,
  file: string,
  height: number,
): Promise<BitcoindPeer> {
  const node = await startBitcoind(binary, [...QUIET, `-loadblock=${file}`]);
  try {
    const reached = await node.rpc<{ height: number }>('waitforblockheight', height, TIMEOUT_MS);
    if (reached.height < height) throw new Error(`bitcoind is at ${reached.height}`);
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
}

async function withBitcoind<Result>(
  binary: string,
  chain: 'main' | 'regtest',
  run: (node: BitcoindPeer) => Promise<Result>,
): Promise<Result> {
  const node = await startBitcoind(binary, QUIET, chain);
  try {
    return await run(node);
  } finally {
    await node.stop();
  }
}

/** Says which transport the peer has: trying v2 with one that has only v1 would cost a connection. */
async function connect(node: BitcoindPeer, peer: string, v2Transport: boolean): Promise<void> {
  await node.rpc('addnode', peer, 'onetry', v2Transport);
}
