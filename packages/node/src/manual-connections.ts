import { SECOND, type Instant, type PeerId } from '@btcp2p/machine';

/** First wait before an address is dialled again, in milliseconds. Our choice: see the class. */
export const RECONNECT_DELAY_MIN_MS: number = 1 * SECOND;
/** Longest wait, in milliseconds: Core's `ThreadOpenAddedConnections` (net.cpp) tries each minute. */
export const RECONNECT_DELAY_MAX_MS: number = 60 * SECOND;

interface Wanted {
  /** Whether v2 is tried first. */
  readonly useV2: boolean;
  isDialling: boolean;
  peer: PeerId | undefined;
  retryAt: Instant;
  delay: number;
}

/**
 * Nodes that the user wants to be connected to (`-connect`, `-addnode`, the RPC `addnode`), by what
 * the user calls them.
 *
 * **Specification.** Each has at most one dial or connection at a time. It is dialled at once, and
 * after every failure or disconnection again: first after a second, then after twice as long each
 * time up to a minute. A connection that got through the version handshake starts anew at a second.
 * While there is another connection with the same node, it is not dialled.
 *
 * **Rationale.** Core tries an added node once a minute, and one of `-connect` every half second.
 * A user who restarts a peer wants it back in seconds, and a peer that is down for a day should not
 * be dialled 170,000 times: doubling serves both.
 */
export class ManualConnections {
  readonly #wanted = new Map<string, Wanted>();

  /** Wants a node, from now on. Wanting it twice is wanting it once: then it answers false. */
  add(name: string, useV2: boolean, now: Instant): boolean {
    if (this.#wanted.has(name)) return false;
    const delay = RECONNECT_DELAY_MIN_MS;
    const wanted = { useV2, isDialling: false, peer: undefined, retryAt: now, delay };
    this.#wanted.set(name, wanted);
    return true;
  }

  /** Wants a node no longer. What is connected stays so. */
  remove(name: string): boolean {
    return this.#wanted.delete(name);
  }

  /** The wanted nodes, in the order in which they were added. */
  names(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  /**
   * The next node to dial, if one is due.
   *
   * @param isConnected whether there is a connection with a node already, whoever made it
   */
  dial(
    now: Instant,
    isConnected: (name: string) => boolean,
  ): { readonly name: string; readonly useV2: boolean } | undefined {
    for (const [name, wanted] of this.#wanted) {
      if (isBusy(wanted) || wanted.retryAt > now) continue;
      if (isConnected(name)) {
        wanted.retryAt = now + RECONNECT_DELAY_MAX_MS;
        continue;
      }
      wanted.isDialling = true;
      return { name, useV2: wanted.useV2 };
    }
    return undefined;
  }

  /** A dial led to a connection. Answers false if the node is not wanted any more. */
  connected(name: string, peer: PeerId): boolean {
    const wanted = this.#wanted.get(name);
    if (wanted === undefined) return false;
    wanted.isDialling = false;
    wanted.peer = peer;
    return true;
  }

  /** A dial came to nothing, or a connection has ended. */
  lost(name: string, now: Instant): void {
    const wanted = this.#wanted.get(name);
    if (wanted === undefined) return;
    wanted.isDialling = false;
    wanted.peer = undefined;
    wanted.retryAt = now + wanted.delay;
    wanted.delay = Math.min(2 * wanted.delay, RECONNECT_DELAY_MAX_MS);
  }

  /** A connection has ended, and is dialled again at once. */
  redialled(name: string): void {
    const wanted = this.#wanted.get(name);
    if (wanted === undefined) return;
    wanted.isDialling = true;
    wanted.peer = undefined;
  }

  /** A connection got through its handshake. */
  established(name: string): void {
    const wanted = this.#wanted.get(name);
    if (wanted !== undefined) wanted.delay = RECONNECT_DELAY_MIN_MS;
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
  return wanted.isDialling || wanted.peer !== undefined;
}
