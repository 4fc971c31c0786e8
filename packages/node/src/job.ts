/**
 * Slow work that a node asks its driver for: the `request` effects of the machine. The driver
 * performs jobs that write in the order in which they were asked for.
 */
export type Job =
  /** Keep headers: 80 bytes each, parents before children. */
  | { readonly type: 'append-headers'; readonly headers: Uint8Array }
  /** Keep a checked block whose header was kept before. */
  | { readonly type: 'append-block'; readonly hash: Uint8Array; readonly bytes: Uint8Array }
  /** Give back a block that was kept. */
  | { readonly type: 'read-block'; readonly hash: Uint8Array };

/** What came of a job. Anything appended outlives the process from then on. */
export type JobResult =
  | { readonly type: 'appended' }
  | { readonly type: 'block'; readonly bytes: Uint8Array }
  | { readonly type: 'failed'; readonly detail: string };
