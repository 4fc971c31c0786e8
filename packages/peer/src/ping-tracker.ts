import type { Instant } from '@btcp2p/machine';

/** What can be odd about a `pong`, in Core's words (net_processing.cpp, PONG). */
export type PongProblem =
  | 'Short payload'
  | 'Nonce zero'
  | 'Nonce mismatch'
  | 'Unsolicited pong without ping';

/**
 * The pings to one peer.
 *
 * **Specification** (Core net_processing.cpp, PONG). At most one ping is outstanding. Its pong
 * ends it and gives a round-trip time. A pong with another nonce does not end it. A pong with
 * nonce zero, or too short to have one, does.
 *
 * **Rationale.** When a new ping replaces one that is outstanding, the answer to the old one is
 * late, not wrong. Zero is never sent, so a peer that answers with it is broken, and waiting on
 * would only end in a timeout.
 */
export class PingTracker {
  #nonce = 0n;
  #startedAt: Instant | undefined;
  #last: number | undefined;
  #minimum: number | undefined;

  /** The nonce of the outstanding ping, 0 if there is none. */
  get nonce(): bigint {
    return this.#nonce;
  }

  /** When the latest ping was sent. */
  get startedAt(): Instant | undefined {
    return this.#startedAt;
  }

  /** The latest round trip, in milliseconds. */
  get last(): number | undefined {
    return this.#last;
  }

  /** The shortest round trip, in milliseconds. */
  get minimum(): number | undefined {
    return this.#minimum;
  }

  /** A ping goes out. Its nonce is 0 if it is of the old kind, which has no answer. */
  start(nonce: bigint, now: Instant): void {
    this.#nonce = nonce;
    this.#startedAt = now;
  }

  /**
   * A pong came, with a nonce unless it was too short. Whether it ended the ping shows in
   * {@link nonce}.
   */
  handlePong(nonce: bigint | undefined, now: Instant): PongProblem | undefined {
    const expected = this.#nonce;
    if (nonce === undefined) {
      this.#nonce = 0n;
      return 'Short payload';
    }
    if (expected === 0n) return 'Unsolicited pong without ping';
    if (nonce === 0n) {
      this.#nonce = 0n;
      return 'Nonce zero';
    }
    if (nonce !== expected) return 'Nonce mismatch';
    this.#nonce = 0n;
    const roundTrip = now - this.#startedAt!;
    this.#last = roundTrip;
    if (this.#minimum === undefined || roundTrip < this.#minimum) this.#minimum = roundTrip;
    return undefined;
  }
}
