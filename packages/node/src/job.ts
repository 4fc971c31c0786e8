import type { KeyWork, KeyWorkResult } from '@btcp2p/bip324';
import type { BlockOutcome } from './chain-port.ts';

/** What a node wants of the chain. Jobs are performed in the order of asking. */
export type ChainJob =
  /** Keep headers: 80 bytes each, parents before children. */
  | { readonly type: 'append-headers'; readonly headers: Uint8Array }
  /** Check a block whose header was kept before, keep it, and connect what can be. */
  | { readonly type: 'process-block'; readonly bytes: Uint8Array }
  /** Give back a block that was kept. It may overtake other jobs. */
  | { readonly type: 'read-block'; readonly hash: Uint8Array };

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
  | { readonly type: 'failed'; readonly detail: string };

/** What came of a job. */
export type JobResult =
  | ChainResult
  /** `elapsed` is how many milliseconds of a core the step took. */
  | { readonly type: 'key-work'; readonly result: KeyWorkResult; readonly elapsed: number };
