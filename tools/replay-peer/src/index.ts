/**
 * A peer that serves any set of headers and blocks over P2P, for tests and benchmarks.
 *
 * @example
 * import { startReplayPeer } from '@btcp2p/replay-peer';
 * import { mainnet } from '@btcp2p/wire';
 *
 * const peer = await startReplayPeer({ network: mainnet, headers, blocks });
 * await syncFrom(peer.address);
 * await peer.close();
 *
 * @packageDocumentation
 */
export { readBlockFiles, readHeaderFiles } from './chain-files.ts';
export { regtestChain } from './regtest-chain.ts';
export { MAX_GETBLOCKS_RESULTS, ReplayChain } from './replay-chain.ts';
export type { ReplayChainOptions } from './replay-chain.ts';
export { startReplayPeer } from './replay-peer.ts';
export type { ReplayPeer, ReplayPeerOptions, ReplayStats } from './replay-peer.ts';
export { canSpawn, spawnReplayPeer } from './spawn-replay-peer.ts';
export type { SpawnedPeer, SpawnOptions } from './spawn-replay-peer.ts';
export { startPeer } from './start-peer.ts';
