/**
 * A point on the monotonic clock, in milliseconds (fractions allowed) since an arbitrary start.
 * It never goes back. Timeouts and latencies use it.
 */
export type Instant = number;

/** Unix time in whole seconds. It can jump. Only what the protocol dates with it uses it. */
export type UnixTime = number;

/** The one moment at which a handler runs. Two clocks, never mixed. */
export interface Time {
  readonly instant: Instant;
  readonly unix: UnixTime;
  /**
   * What the monotonic clock itself says, where `instant` follows a time that the user sets (Core's
   * RPC `setmocktime`), and stands still for as long as that does. Left out, it is `instant`.
   * Budgets of work and waits between dials go by it, since such work goes on in real time.
   */
  readonly steady?: Instant;
}

/** The monotonic clock at a moment, whatever time the user has set. */
export function steadyInstant(now: Time): Instant {
  return now.steady ?? now.instant;
}

/** Milliseconds in a second, for durations, which are milliseconds everywhere. */
export const SECOND = 1_000;
/** Milliseconds in a minute. */
export const MINUTE = 60 * SECOND;
/** Milliseconds in an hour. */
export const HOUR = 60 * MINUTE;
