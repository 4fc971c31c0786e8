import type { Instant, Time } from './time.ts';

/**
 * A state machine that never performs I/O, reads a clock or suspends.
 *
 * **Contract.** A driver (a reactor over real sockets, or a simulator) owns the machine and calls
 * it from one place, never from inside another of its calls. There are four kinds of method:
 *
 * 1. *Getters* may be called at any time and change nothing.
 * 2. *Inputs*: {@link handle} and {@link handleTimeout}. Only these, and the commands that a
 *    machine adds for its owner, change its state. They run to completion.
 * 3. *Commands* of the particular machine (say, `addPeer`), which count as inputs in all below.
 * 4. *Outputs*: {@link poll} and {@link deadline}.
 *
 * After every input the driver
 *
 * 1. calls {@link poll} until it answers `undefined`, carrying out each effect in that order, and
 * 2. then asks {@link deadline}, and arms its one timer for that instant.
 *
 * What may change which answer:
 *
 * | call | may change |
 * |---|---|
 * | `handle`, `handleTimeout`, a command | everything |
 * | `poll` | removes the effect that it returns, and nothing else |
 * | `deadline`, a getter | nothing |
 *
 * An answer of `deadline` is therefore good until the next input, and an answer of `undefined` from
 * `poll` too. Carrying out an effect must not call back into the machine: its outcome, if it has
 * one, is a later input.
 *
 * The instants given to one machine never decrease. Everything slow (disk, DNS, validation in
 * another thread) is an effect that is answered, once, by a later input with the same token.
 */
export interface Machine<Input, Effect> {
  /** Applies one input. The effects that it causes wait, in order, for `poll`. */
  handle(input: Input, now: Time): void;
  /** The next effect for the driver to carry out. Polling changes nothing else. */
  poll(): Effect | undefined;
  /** When `handleTimeout` is next due. Ask again after every call. */
  deadline(): Instant | undefined;
  /** Runs what is due. Calling it early does nothing; it may be called late. */
  handleTimeout(now: Time): void;
}
