import type { KeyWork } from '@btcp2p/bip324';
import type { Instant, PeerId } from '@btcp2p/machine';

/**
 * Part of one core that inbound handshakes may take, all of them together. Our choice: hundreds of
 * handshakes a second, and most of the core left.
 */
export const DEFAULT_INBOUND_KEY_WORK_SHARE = 0.25;

/**
 * Milliseconds of work that inbound handshakes may take at once after a quiet time. Our choice: the
 * peers that connect when a node comes back all at once are served without a wait.
 */
export const KEY_WORK_BURST_MS = 200;

/** A slow step that a peer's handshake waits for. */
export interface KeyWorkRequest {
  readonly peer: PeerId;
  readonly work: KeyWork;
  /** Whoever may be one and the same: those of one group share what one group is given. */
  readonly group: string;
}

/**
 * Decides when the slow steps of v2 handshakes are taken (BIP 324: making a key, and combining it
 * with the peer's), so that those who only start handshakes cannot keep us busy.
 *
 * **Specification.**
 *
 * 1. Steps of outbound connections start at once.
 * 2. Of inbound ones one runs at a time. What they take is drawn from an account, which gains
 *    `share` milliseconds each millisecond up to a limit of {@link KEY_WORK_BURST_MS}: none starts
 *    while it is empty. So in any t milliseconds they take at most `share` · t and the limit, and
 *    one step more.
 * 3. Of those that wait, the groups take turns, and in a group the first comes first.
 *
 * **Rationale.** Core needs no such thing, since a handshake costs it 0.15 ms; here it is a
 * millisecond or more where no native code is to hand, and whoever opens connections pays nothing
 * for it. Measuring what steps really took, rather than counting them, makes the share true on any
 * machine. Turns by group let an honest newcomer through when one network floods us. Outbound
 * steps are as many as we choose. Those who wait are as many as there are inbound connections.
 */
export class KeyWorkQueue {
  readonly #share: number;
  /** Waiting requests by group; the group whose turn is next is first. */
  readonly #inbound = new Map<string, KeyWorkRequest[]>();
  readonly #outbound: KeyWorkRequest[] = [];
  #isInboundRunning = false;
  #account = KEY_WORK_BURST_MS;
  #countedAt: Instant | undefined;

  /** @param share part of one core, above 0 */
  constructor(share = DEFAULT_INBOUND_KEY_WORK_SHARE) {
    this.#share = share;
  }

  /** How many steps wait for their turn. */
  get size(): number {
    let size = this.#outbound.length;
    for (const requests of this.#inbound.values()) size += requests.length;
    return size;
  }

  /** Adds a step. */
  add(request: KeyWorkRequest, inbound: boolean): void {
    if (!inbound) {
      this.#outbound.push(request);
      return;
    }
    const requests = this.#inbound.get(request.group);
    if (requests === undefined) this.#inbound.set(request.group, [request]);
    else requests.push(request);
  }

  /** Forgets what a peer waits for: it is gone. */
  remove(peer: PeerId): void {
    const outbound = this.#outbound.findIndex((request) => request.peer === peer);
    if (outbound >= 0) this.#outbound.splice(outbound, 1);
    for (const [group, requests] of this.#inbound) {
      const left = requests.filter((request) => request.peer !== peer);
      if (left.length === requests.length) continue;
      if (left.length === 0) this.#inbound.delete(group);
      else this.#inbound.set(group, left);
    }
  }

  /** The next step to take now, if any may be. Of an inbound one {@link finished} has to follow. */
  next(now: Instant): KeyWorkRequest | undefined {
    const outbound = this.#outbound.shift();
    if (outbound !== undefined) return outbound;
    if (this.#isInboundRunning || this.#inbound.size === 0) return undefined;
    this.#count(now);
    if (this.#account <= 0) return undefined;
    const [group, requests] = this.#inbound.entries().next().value!;
    const request = requests.shift()!;
    this.#inbound.delete(group);
    // Behind the other groups.
    if (requests.length > 0) this.#inbound.set(group, requests);
    this.#isInboundRunning = true;
    return request;
  }

  /** An inbound step is done, and took so many milliseconds. */
  finished(elapsed: number, now: Instant): void {
    this.#isInboundRunning = false;
    this.#count(now);
    this.#account -= elapsed;
  }

  /** When {@link next} may have an answer again that it does not have now. */
  deadline(): Instant | undefined {
    if (this.#inbound.size === 0 || this.#isInboundRunning || this.#countedAt === undefined) {
      return undefined;
    }
    return this.#countedAt + Math.max(0, Math.ceil(-this.#account / this.#share) + 1);
  }

  #count(now: Instant): void {
    const passed = now - (this.#countedAt ?? now);
    this.#account = Math.min(KEY_WORK_BURST_MS, this.#account + passed * this.#share);
    this.#countedAt = now;
  }
}
