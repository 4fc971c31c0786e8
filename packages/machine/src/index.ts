/**
 * The seam between protocol logic and I/O: sans-IO machines, the two clocks, seeded randomness,
 * an outbox for effects, and named timers.
 *
 * @example
 * import { Outbox, SeededRng, Timers, type Machine, type Time } from '@btcp2p/machine';
 *
 * @packageDocumentation
 */
export type { Machine } from './machine.ts';
export { HOUR, MINUTE, SECOND, steadyInstant } from './time.ts';
export type { Instant, Time, UnixTime } from './time.ts';
export { SeededRng } from './rng.ts';
export type { Rng } from './rng.ts';
export { Outbox } from './outbox.ts';
export { Timers } from './timers.ts';
export type { NetworkEffect, NetworkInput } from './network.ts';
export { PeerIds } from './peer-id.ts';
export type { PeerId } from './peer-id.ts';
