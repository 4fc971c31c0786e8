/**
 * The coins of a Bitcoin node: what is unspent, in the formats of Bitcoin Core, in a fast cache over
 * any key-value store; blocks connected and disconnected; snapshots and hashes of the whole set.
 *
 * @example
 * import { CoinsCache, CoinsStore, connectBlock, MemoryStore } from '@btcp2p/chainstate';
 *
 * const coins = new CoinsCache(new CoinsStore(new MemoryStore()), { salt });
 * const trial = new CoinsCache(coins, { salt });
 * const result = connectBlock(block, trial, { hash, height, params, blockHashAt });
 * if (result.status === 'ok') trial.flush(); // into `coins`; `result.undo` goes into a rev file
 *
 * @packageDocumentation
 */
export { readVarInt, VarInt32, VarInt64, varIntSize, writeVarInt } from './var-int.ts';
export { compressAmount, CompressedAmount, decompressAmount } from './amount-compression.ts';
export { decompressPublicKey } from './secp256k1.ts';
export type { DecompressPublicKey } from './secp256k1.ts';
export { isUnspendable, MAX_SCRIPT_SIZE, scriptCompression } from './script-compression.ts';
export {
  Coin, coinCodec, coinKey, compressedOutput, DB_COIN, equalCoins, parseCoinKey,
} from './coin.ts';
export { BlockUndo, blockUndoCodec, TxUndo, txUndoCodec, undoChecksum } from './undo.ts';
export {
  blockIndexKey, BlockStatus, DB_BLOCK_INDEX, DiskBlockIndex,
} from './disk-block-index.ts';
export { blockFileInfo } from './block-file-info.ts';
export type {
  BlockFileInfo, BlockFiles, BlockPosition, ChainMempool, KeyValueChange, KeyValueEntry,
  KeyValueStore, ScriptChecker, ScriptFailure,
} from './ports.ts';
export { MemoryStore } from './memory-store.ts';
export type { CoinChange, CoinsView } from './coins-view.ts';
export { CoinsStore } from './coins-store.ts';
export type { CoinEntry, CoinsStoreOptions, HeadBlocks } from './coins-store.ts';
export { CoinsCache } from './coins-cache.ts';
export type { CoinsCacheEntry, CoinsCacheOptions } from './coins-cache.ts';
export { SequentialScriptChecker } from './sequential-script-checker.ts';
export { MemoryBlockFiles } from './memory-block-files.ts';
export { ActiveChain } from './active-chain.ts';
export { BlockIndex } from './block-index.ts';
export { BlockIndexStore } from './block-index-store.ts';
export type { StoredBlock } from './block-index-store.ts';
export type { ChainEvent } from './chain-event.ts';
export { ChainstateError } from './chainstate-error.ts';
export { ChainstateManager } from './chainstate-manager.ts';
export type {
  BlockRejection, ChainstateManagerOptions, ConnectedBlock, LoadedSnapshot, ProcessBlockResult,
} from './chainstate-manager.ts';
export type { SnapshotFault } from './snapshot-fault.ts';
export { MIN_BLOCKS_TO_KEEP, pruneAfterHeight } from './prune.ts';
export type { PruneLock } from './prune.ts';
export { BlockStorage } from './block-storage.ts';
export type { VerifiedChain, VerifyChainOptions } from './verify-chain.ts';
export { connectBlock, replayBlock } from './connect-block.ts';
export type {
  CoinsRejectReason, ConnectBlockOptions, ConnectBlockResult, Rejection, SpendingTransaction,
} from './connect-block.ts';
export { disconnectBlock } from './disconnect-block.ts';
export type { DisconnectResult } from './disconnect-block.ts';
export { MuHash3072 } from './muhash.ts';
export type { Sha256 } from './muhash.ts';
export { bogoSize, coinHashBytes, CoinStats } from './coin-stats.ts';
export type { CoinStatsOptions, CoinStatsTotals, StreamingSha256 } from './coin-stats.ts';
export {
  SNAPSHOT_METADATA_SIZE, SnapshotDecoder, SnapshotEncoder, SnapshotMetadata,
} from './snapshot.ts';
export type { SnapshotDecoderOptions } from './snapshot.ts';
export { stepIndex } from './chain-index.ts';
export type {
  BlockId, ChainIndex, ChainReader, IndexedBlock, IndexStep, MissingData,
} from './chain-index.ts';
export { ChainIndexes } from './chain-indexes.ts';
export type { IndexedChain, IndexSummary, NamedIndex } from './chain-indexes.ts';
export { WriteBehindStore } from './write-behind-store.ts';
export { transactionAt, TxIndex } from './tx-index.ts';
export type { TxIndexBlock, TxPosition } from './tx-index.ts';
export { BlockFilterIndex } from './block-filter-index.ts';
export type {
  BlockFilterEntry, BlockFilterIndexBlock, StoredBlockFilter,
} from './block-filter-index.ts';
