import type { Instant } from '@btcp2p/machine';

/** The longest delay that `setTimeout` takes, in milliseconds; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * One timer that follows a deadline which moves all the time, mostly to later.
 *
 * A deadline that has moved to later leaves the running timer alone: it then fires early, sees the
 * new deadline and is armed again. So the usual case, a deadline that every chunk puts off, costs
 * nothing.
 */
export class DeadlineTimer {
  readonly #now: () => Instant;
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | undefined;
  #armedFor: Instant = Infinity;
  #deadline: Instant | undefined;

  /** @param onDue called at the deadline or soon after, once, never before it */
  constructor(now: () => Instant, onDue: () => void) {
    this.#now = now;
    this.#onDue = onDue;
  }

  /** Sets or moves the deadline. The timer keeps the process alive. */
  set(deadline: Instant | undefined): void {
    this.#deadline = deadline;
    if (deadline === undefined) this.#disarm();
    else if (this.#timer === undefined || deadline < this.#armedFor) this.#arm(deadline);
  }

  #arm(deadline: Instant): void {
    this.#disarm();
    this.#armedFor = deadline;
    const delay = Math.ceil(deadline - this.#now());
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.max(delay, 1), MAX_DELAY));
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #fire(): void {
    this.#disarm();
    const deadline = this.#deadline;
    if (deadline === undefined) return;
    // Timers may be a fraction of a millisecond early.
    if (this.#now() < deadline) return this.#arm(deadline);
    this.#deadline = undefined;
    this.#onDue();
  }
}
