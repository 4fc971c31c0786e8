/**
 * bcoin 1.0.2, a Bitcoin node of another make: as a peer in a child process for interop tests and
 * benches (`startBcoin`), and as a library in this process to compare codecs with (`loadBcoin`); and its
 * author's library of compact block filters (`loadGolomb`).
 *
 * @example
 * import { startBcoin } from '@btcp2p/bcoin-peer';
 *
 * const bcoin = await startBcoin({ blocks: 20 });
 * // connect to 127.0.0.1 at bcoin.port
 * await bcoin.stop();
 *
 * @packageDocumentation
 */
export { startBcoin } from './bcoin-peer.ts';
export type { BcoinOptions, BcoinPeer, BcoinPeerInfo } from './bcoin-peer.ts';
export type { BcoinBackend } from './backend.ts';
export { findBcoin, installBcoin, installGolomb } from './install.ts';
export { loadGolomb } from './load-golomb.ts';
export type { Golomb, GolombFilter } from './load-golomb.ts';
export { loadBcoin } from './load-bcoin.ts';
export type {
  Bcoin,
  BcoinBlock,
  BcoinDecoder,
  BcoinFramer,
  BcoinHeader,
  BcoinPacket,
  BcoinParser,
  BcoinTx,
} from './load-bcoin.ts';
