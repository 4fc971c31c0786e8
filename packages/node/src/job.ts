import type { KeyWork, KeyWorkResult } from '@btcp2p/bip324';
import type { HeaderEntry } from '@btcp2p/consensus';
import type { BlockOutcome } from './chain-port.ts';

/** What a node wants of the chain. Jobs are performed in the order of asking. */
export type ChainJob =
  /** Keep headers: 80 bytes each, parents before children. */
  | { readonly type: 'append-headers'; readonly headers: Uint8Array }
  /** Check a block whose header was kept before, keep it, and connect what can be. */
  | { readonly type: 'process-block'; readonly bytes: Uint8Array }
  /** Give back a block that was kept. It may overtake other jobs. */
  | { readonly type: 'read-block'; readonly hash: Uint8Array }
  | FilterJob;

/** What a node wants of the index of block filters (BIP 157), up to a block. */
export type FilterJob =
  /** Give the first filters from a height on: at least one, and not more than fit a message or two. */
  | { readonly type: 'read-filters'; readonly startHeight: number; readonly stop: HeaderEntry }
  /** Give the hashes of all filters from a height on. */
  | { readonly type: 'read-filter-hashes'; readonly startHeight: number; readonly stop: HeaderEntry }
  /** Give the filter header of every 1,000th block. */
  | { readonly type: 'read-filter-checkpoints'; readonly stop: HeaderEntry };

/** Slow work that a node asks its driver for: the `request` effects of the machine. */
export type Job =
  | ChainJob
  /** Take a slow step of an encrypted connection's handshake: best in another thread. */
  | { readonly type: 'key-work'; readonly work: KeyWork };

/** What came of a chain job. */
export type ChainResult =
  /** Headers were taken. */
  | { readonly type: 'appended' }
  | { readonly type: 'processed'; readonly outcome: BlockOutcome }
  | { readonly type: 'block'; readonly bytes: Uint8Array }
  /** Filters in ascending order. Hashes and headers have 32 bytes in wire order. */
  | { readonly type: 'filters'; readonly filters: readonly BlockFilter[] }
  | {
      readonly type: 'filter-hashes';
      /** The filter header of the block before the first; 32 zeros if that is the genesis block. */
      readonly previousHeader: Uint8Array;
      readonly hashes: readonly Uint8Array[];
    }
  | { readonly type: 'filter-checkpoints'; readonly headers: readonly Uint8Array[] }
  | { readonly type: 'failed'; readonly detail: string };

/** The filter of a block (BIP 158). */
export interface BlockFilter {
  /** 32 bytes in wire order. */
  readonly blockHash: Uint8Array;
  readonly filter: Uint8Array;
}

/** What came of a job. */
export type JobResult =
  | ChainResult
  /** `elapsed` is how many milliseconds of a core the step took. */
  | { readonly type: 'key-work'; readonly result: KeyWorkResult; readonly elapsed: number };
