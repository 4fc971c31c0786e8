import type { Instant } from './time.ts';

/**
 * A machine's named timers. Each name has at most one due time: setting it again moves it, so
 * nothing can leak and nothing fires twice.
 *
 * @example
 * type Name = 'ping' | 'handshake';
 * const timers = new Timers<Name>();
 * timers.set('ping', now.instant + 2 * MINUTE);
 * // in handleTimeout:
 * for (let name = timers.expire(now.instant); name; name = timers.expire(now.instant)) …
 */
export class Timers<Name extends string> {
  readonly #due = new Map<Name, Instant>();

  /**
   * Sets or moves a timer.
   *
   * @throws RangeError if `due` is not a number: no comparison with it would ever come true
   */
  set(name: Name, due: Instant): void {
    if (Number.isNaN(due)) throw new RangeError(`timer ${name}: due at NaN`);
    this.#due.set(name, due);
  }

  /** Stops a timer. Stopping one that is not set does nothing. */
  stop(name: Name): void {
    this.#due.delete(name);
  }

  /** When a timer is due, if it is set. */
  get(name: Name): Instant | undefined {
    return this.#due.get(name);
  }

  /** The earliest due time: what a machine answers from `deadline`. */
  next(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const due of this.#due.values()) {
      if (earliest === undefined || due < earliest) earliest = due;
    }
    return earliest;
  }

  /**
   * Stops and returns the timer that was due first, if any is due at `now`. Ties go to the name that
   * has been set for longest; moving a timer does not count as setting it anew. Call it until it
   * answers `undefined`: a handler may set a timer that is due at once.
   */
  expire(now: Instant): Name | undefined {
    let first: Name | undefined;
    let earliest = Infinity;
    for (const [name, due] of this.#due) {
      if (due <= now && due < earliest) {
        first = name;
        earliest = due;
      }
    }
    if (first !== undefined) this.#due.delete(first);
    return first;
  }
}
