import { startBcoin } from '@btcp2p/bcoin-peer';
import { peakMemory, SYNC_TIMEOUT_MS, type SyncRun, type SyncTarget } from '../sync-run.ts';

/** Lets a fresh bcoin sync a regtest chain from a peer, over v1. */
export async function syncBcoin({ peer, height }: SyncTarget): Promise<SyncRun> {
  const node = await startBcoin({ network: 'regtest', listen: false, backend: 'native' });
  try {
    const start = performance.now();
    await node.addPeer(peer);
    await node.waitForHeight(height, SYNC_TIMEOUT_MS);
    const seconds = (performance.now() - start) / 1_000;
    return { seconds, tip: await node.tipHash(), peakMemory: peakMemory(node.pid) };
  } finally {
    await node.stop();
  }
}
