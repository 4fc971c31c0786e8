import type { ConsensusParams, HeaderTree, VersionBitsCache } from '@btcp2p/consensus';
import type { ActiveChain } from '@btcp2p/node';
import type { BlockView, Network } from '@btcp2p/wire';
import type { QueryJob, QueryResults } from '../chain/chain-messages.ts';

/** The part of the node that methods about the chain of blocks work on. */
export interface ChainContext {
  readonly network: Network;
  readonly params: ConsensusParams;
  /** All headers from the first on. */
  readonly headers: HeaderTree;
  /** Over the same headers. */
  readonly versionBits: VersionBitsCache;
  /** Which blocks are stored, and which are the active chain. */
  readonly chain: ActiveChain;
  /** Bytes that block files may take (`-prune`); 1 for only when asked, undefined for never. */
  readonly pruneTarget: number | undefined;
  /** Whether block files are small (`-fastprune`). */
  readonly fastPrune: boolean;
  /** Where relative paths start: the directory of the chain. */
  readonly directory: string;
  isInitialBlockDownload(): boolean;
  /** The clock, Unix seconds; it can be set for tests. */
  now(): number;
  /** What the node has to warn of. */
  warnings(): readonly string[];
  /** Asks the chain thread. A `ChainQueryError` says that it cannot be done. */
  query<T extends QueryJob['type']>(job: Extract<QueryJob, { type: T }>): Promise<QueryResults[T]>;
  /** A stored block by hash, 32 bytes in wire order; undefined if it is not stored, or cannot be read. */
  readBlock(hash: Uint8Array): Promise<BlockView | undefined>;
  /**
   * Waits until something holds of the tip: asked at once and whenever that has changed.
   *
   * @param milliseconds at most; 0 for as long as it takes
   * @returns whether it held; false if the time was up, or the signal or the end of the node came first
   */
  waitForTip(
    holds: () => boolean,
    milliseconds: number,
    signal: AbortSignal,
  ): Promise<boolean>;
}
