import type { KeyWork, KeyWorkResult } from '@btcp2p/bip324';

/** What a node wants kept, and given back. What writes is performed in the order of asking. */
export type StorageJob =
  /** Keep headers: 80 bytes each, parents before children. */
  | { readonly type: 'append-headers'; readonly headers: Uint8Array }
  /** Keep a checked block whose header was kept before. */
  | { readonly type: 'append-block'; readonly hash: Uint8Array; readonly bytes: Uint8Array }
  /** Give back a block that was kept. */
  | { readonly type: 'read-block'; readonly hash: Uint8Array };

/** Slow work that a node asks its driver for: the `request` effects of the machine. */
export type Job =
  | StorageJob
  /** Take a slow step of an encrypted connection's handshake: best in another thread. */
  | { readonly type: 'key-work'; readonly work: KeyWork };

/** What came of a storage job. Anything appended outlives the process from then on. */
export type StorageResult =
  | { readonly type: 'appended' }
  | { readonly type: 'block'; readonly bytes: Uint8Array }
  | { readonly type: 'failed'; readonly detail: string };

/** What came of a job. */
export type JobResult =
  | StorageResult
  /** `elapsed` is how many milliseconds of a core the step took. */
  | { readonly type: 'key-work'; readonly result: KeyWorkResult; readonly elapsed: number };
