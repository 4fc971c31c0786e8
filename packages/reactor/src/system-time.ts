import type { Time } from '@btcp2p/machine';

/**
 * Both clocks of this machine, read now: `performance.now()`, which never goes back, and the wall
 * clock in whole seconds.
 */
export function systemTime(): Time {
  return { instant: performance.now(), unix: Math.floor(Date.now() / 1_000) };
}
