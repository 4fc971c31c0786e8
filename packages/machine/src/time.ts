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
}

/** Milliseconds in a second, for durations, which are milliseconds everywhere. */
export const SECOND = 1_000;
/** Milliseconds in a minute. */
export const MINUTE = 60 * SECOND;
/** Milliseconds in an hour. */
export const HOUR = 60 * MINUTE;
