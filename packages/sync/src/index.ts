/**
 * Headers-first synchronisation over many peers, without I/O: presync against chains of low work,
 * the block download window, stalling, and whom to give up.
 *
 * @example
 * import { Sync } from '@btcp2p/sync';
 *
 * const sync = new Sync({ params, headers, blocks, rng });
 * sync.addPeer(id, { connectionType: 'outbound-full-relay', services, startHeight }, now);
 * for (let effect = sync.poll(); effect !== undefined; effect = sync.poll()) carryOut(effect);
 *
 * @packageDocumentation
 */
export {
  ANTI_DOS_BUFFER_BLOCKS, DEFAULT_MAX_TIP_AGE, DIRECT_FETCH_SPACINGS, MIN_BLOCKS_TO_KEEP, Sync,
} from './sync.ts';
export type { SyncOptions, SyncPeerInfo, SyncProgress } from './sync.ts';
export type { SyncDisconnectReason, SyncEffect, SyncNoticeCode } from './sync-effect.ts';
export type { SyncConnectionType, SyncPeer } from './sync-peer.ts';
export type { BackgroundBlocks, BlockStatus } from './ports.ts';
export { HeaderBatch } from './header-batch.ts';
export { HeadersSyncState } from './headers-sync-state.ts';
export type {
  HeadersSyncPhase, HeadersSyncResult, HeadersSyncStateOptions,
} from './headers-sync-state.ts';
export { HeadersProcessor } from './headers-processor.ts';
export type {
  HeadersContext, HeadersOutcome, HeadersProcessorOptions,
} from './headers-processor.ts';
export {
  HEADERS_DOWNLOAD_TIMEOUT_BASE, HEADERS_DOWNLOAD_TIMEOUT_PER_HEADER, HEADERS_RESPONSE_TIME,
  HeadersDownload, RECENT_HEADER_AGE,
} from './headers-download.ts';
export { BlockAvailability } from './block-availability.ts';
export {
  BLOCK_DOWNLOAD_TIMEOUT_BASE, BLOCK_DOWNLOAD_TIMEOUT_PER_PEER, BLOCK_DOWNLOAD_WINDOW,
  BlockDownload, MAX_BLOCKS_IN_TRANSIT_PER_PEER, NODE_NETWORK_LIMITED_MIN_BLOCKS,
} from './block-download.ts';
export type { BlockDownloadOptions, BlockTimeout, NextBlocks } from './block-download.ts';
export {
  BLOCK_STALLING_TIMEOUT_DEFAULT, BLOCK_STALLING_TIMEOUT_MAX, StallingTimeout,
} from './stalling-timeout.ts';
export {
  CHAIN_SYNC_TIMEOUT, ChainSyncEviction, MAX_OUTBOUND_PEERS_TO_PROTECT_FROM_DISCONNECT,
} from './chain-sync-eviction.ts';
export type { ChainSyncVerdict } from './chain-sync-eviction.ts';
