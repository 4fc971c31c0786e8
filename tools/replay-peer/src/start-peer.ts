import { regtest } from '@btcp2p/wire';
import { regtestChain } from './regtest-chain.ts';
import { startReplayPeer, type ReplayPeer } from './replay-peer.ts';

/** Blocks on the chain of {@link startPeer}, genesis not counted. */
const HEIGHT = 110;

/**
 * A regtest peer to try things with, on a free port: it has 110 blocks, and asks for whatever
 * transactions are announced to it.
 */
export function startPeer(): Promise<ReplayPeer> {
  return startReplayPeer({
    network: regtest,
    blocks: regtestChain(HEIGHT + 1),
    requestsTransactions: true,
  });
}
