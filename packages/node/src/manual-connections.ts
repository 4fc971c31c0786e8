import { SECOND, type Instant, type PeerId } from '@btcp2p/machine';

/** First wait before an address is dialled again, in milliseconds. Our choice: see the class. */
export const RECONNECT_DELAY_MIN_MS: number = 1 * SECOND;
/** Longest wait, in milliseconds: Core's `ThreadOpenAddedConnections` (net.cpp) tries each minute. */
export const RECONNECT_DELAY_MAX_MS: number = 60 * SECOND;

interface Wanted {
  /** The running dial, if any. */
  attempt: number | undefined;
  peer: PeerId | undefined;
  retryAt: Instant;
  delay: number;
  /** Whether the next dial, or the present one, speaks v1 because v2 was hung up on. */
  isFallback: boolean;
}

/**
 * Addresses that the user wants to be connected to (`-connect`, `-addnode`).
 *
 * **Specification.** Each has at most one dial or connection at a time. It is dialled at once, and
 * after every failure or disconnection again: first after a second, then after twice as long each
 * time up to a minute. A connection that got through the version handshake starts anew at a second.
 * One that may have been hung up on because it spoke v2 is dialled again at once, once, for v1.
 *
 * **Rationale.** Core tries an added node once a minute, and one of `-connect` every half second.
 * A user who restarts a peer wants it back in seconds, and a peer that is down for a day should not
 * be dialled 170,000 times: doubling serves both.
 */
export class ManualConnections {
  readonly #wanted = new Map<string, Wanted>();
  #nextAttempt = 0;

  /** Wants an address, from now on. Wanting it twice is wanting it once. */
  add(address: string, now: Instant): boolean {
    if (this.#wanted.has(address)) return false;
    const delay = RECONNECT_DELAY_MIN_MS;
    const wanted = { attempt: undefined, peer: undefined, retryAt: now, delay, isFallback: false };
    this.#wanted.set(address, wanted);
    return true;
  }

  /** Wants an address no longer. Returns the peer that is connected there, if any. */
  remove(address: string): { readonly peer: PeerId | undefined } | undefined {
    const wanted = this.#wanted.get(address);
    if (wanted === undefined) return undefined;
    this.#wanted.delete(address);
    return { peer: wanted.peer };
  }

  /** The wanted addresses, in the order in which they were added. */
  addresses(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  /** The next address to dial, if one is due. */
  dial(now: Instant): { readonly attempt: number; readonly address: string } | undefined {
    for (const [address, wanted] of this.#wanted) {
      if (isBusy(wanted) || wanted.retryAt > now) continue;
      wanted.attempt = this.#nextAttempt++;
      return { attempt: wanted.attempt, address };
    }
    return undefined;
  }

  /**
   * A dial led to a connection. Returns its address and whether it is to speak v1 because v2 was
   * hung up on, or undefined if it is not wanted any more.
   */
  connected(
    attempt: number,
    peer: PeerId,
  ): { readonly address: string; readonly isFallback: boolean } | undefined {
    for (const [address, wanted] of this.#wanted) {
      if (wanted.attempt !== attempt) continue;
      wanted.attempt = undefined;
      wanted.peer = peer;
      return { address, isFallback: wanted.isFallback };
    }
    return undefined;
  }

  /** A dial came to nothing. Returns its address, or undefined if it is not wanted any more. */
  failed(attempt: number, now: Instant): string | undefined {
    for (const [address, wanted] of this.#wanted) {
      if (wanted.attempt !== attempt) continue;
      retryLater(wanted, now);
      return address;
    }
    return undefined;
  }

  /** A connection got through its handshake. */
  established(peer: PeerId): void {
    for (const wanted of this.#wanted.values()) {
      if (wanted.peer === peer) wanted.delay = RECONNECT_DELAY_MIN_MS;
    }
  }

  /**
   * A connection has ended.
   *
   * @param reconnectV1 whether v1 is to be tried at once
   * @returns the address, if that is going to be done
   */
  disconnected(peer: PeerId, now: Instant, reconnectV1: boolean): string | undefined {
    for (const [address, wanted] of this.#wanted) {
      if (wanted.peer !== peer) continue;
      if (!reconnectV1) {
        retryLater(wanted, now);
        return undefined;
      }
      wanted.peer = undefined;
      wanted.retryAt = now;
      wanted.isFallback = true;
      return address;
    }
    return undefined;
  }

  /** When {@link dial} next has an answer. */
  deadline(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const wanted of this.#wanted.values()) {
      if (isBusy(wanted)) continue;
      if (earliest === undefined || wanted.retryAt < earliest) earliest = wanted.retryAt;
    }
    return earliest;
  }
}

function isBusy(wanted: Wanted): boolean {
  return wanted.attempt !== undefined || wanted.peer !== undefined;
}

function retryLater(wanted: Wanted, now: Instant): void {
  wanted.attempt = undefined;
  wanted.peer = undefined;
  wanted.isFallback = false;
  wanted.retryAt = now + wanted.delay;
  wanted.delay = Math.min(2 * wanted.delay, RECONNECT_DELAY_MAX_MS);
}
