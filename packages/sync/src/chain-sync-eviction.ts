import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { MINUTE, type Instant, type PeerId, type Time } from '@btcp2p/machine';
import { HEADERS_RESPONSE_TIME } from './headers-download.ts';

/**
 * How long an outbound peer may be behind our chain before it is asked why, milliseconds
 * (Core `CHAIN_SYNC_TIMEOUT`, net_processing.cpp).
 */
export const CHAIN_SYNC_TIMEOUT = 20 * MINUTE;

/**
 * How many outbound peers, once they have shown a chain as good as ours, are kept even if they fall
 * behind (Core `MAX_OUTBOUND_PEERS_TO_PROTECT_FROM_DISCONNECT`, net_processing.cpp).
 */
export const MAX_OUTBOUND_PEERS_TO_PROTECT_FROM_DISCONNECT = 4;

/** What to do with a peer. */
export type ChainSyncVerdict =
  | { readonly type: 'keep' }
  /** Ask for headers that follow this one's parent: a last chance. */
  | { readonly type: 'ask'; readonly header: HeaderEntry }
  | { readonly type: 'disconnect' };

interface Behind {
  isProtected: boolean;
  /** When patience ends; undefined while the peer is not behind. */
  due: Instant | undefined;
  /** Our tip when the clock started: its work is asked of the peer. */
  header: HeaderEntry | undefined;
  asked: boolean;
}

/**
 * Drops outbound peers whose chain stays behind ours (Core `ConsiderEviction`, net_processing.cpp).
 *
 * === Specification ===
 *
 * 1. When a peer's best known block has less work than our tip, it gets 20 minutes to reach the work
 *    that our tip has at that moment. If it does, but our tip has moved on, it gets another 20.
 * 2. If it does not, it is asked for headers once, and dropped after two more minutes.
 * 3. Four full-relay peers that have shown a chain of our tip's work are exempt for good.
 *
 * === Rationale ===
 *
 * Outbound connections are few, and what we see of the network: they must not all go to nodes that
 * are stuck, or on another chain. But if the network splits by rules, peers of either side should
 * remain, and a burst of blocks must not cost us all peers at once: hence the exemption.
 */
export class ChainSyncEviction {
  readonly #headers: HeaderTree;
  readonly #peers = new Map<PeerId, Behind>();
  #protected = 0;

  constructor(headers: HeaderTree) {
    this.#headers = headers;
  }

  /** How many peers are exempt. */
  get protectedPeers(): number {
    return this.#protected;
  }

  /** Adds a peer that is subject to this: full-relay or block-relay-only, and dialled by us. */
  addPeer(id: PeerId): void {
    const peer = { isProtected: false, due: undefined, header: undefined, asked: false };
    this.#peers.set(id, peer);
  }

  /** Removes a peer, if it is there. */
  removePeer(id: PeerId): void {
    if (this.#peers.get(id)?.isProtected === true) this.#protected--;
    this.#peers.delete(id);
  }

  /**
   * Exempts a full-relay peer that has shown a chain of our tip's work, if few are exempt yet.
   * Returns whether it is exempt from now on.
   */
  protect(id: PeerId): boolean {
    const peer = this.#peers.get(id);
    if (peer === undefined || peer.isProtected) return false;
    if (this.#protected >= MAX_OUTBOUND_PEERS_TO_PROTECT_FROM_DISCONNECT) return false;
    peer.isProtected = true;
    peer.due = undefined;
    this.#protected++;
    return true;
  }

  /** Starts afresh with a peer, since its headers sync has been stopped. */
  reset(id: PeerId): void {
    const peer = this.#peers.get(id);
    if (peer !== undefined) peer.due = undefined;
  }

  /**
   * Judges a peer, with which a headers sync has started. To be called whenever anything changed,
   * and when {@link due} comes.
   *
   * @param best the best block that the peer is known to have, if it is known to have any
   */
  consider(
    id: PeerId,
    best: HeaderEntry | undefined,
    tip: HeaderEntry,
    now: Time,
  ): ChainSyncVerdict {
    const peer = this.#peers.get(id);
    if (peer === undefined || peer.isProtected) return KEEP;
    if (this.#hasWorkOf(best, tip)) {
      peer.due = undefined;
      return KEEP;
    }
    if (peer.due === undefined || this.#hasWorkOf(best, peer.header!)) {
      peer.due = now.instant + CHAIN_SYNC_TIMEOUT;
      peer.header = tip;
      peer.asked = false;
      return KEEP;
    }
    if (now.instant < peer.due) return KEEP;
    if (peer.asked) return { type: 'disconnect' };
    peer.asked = true;
    peer.due = now.instant + HEADERS_RESPONSE_TIME;
    return { type: 'ask', header: peer.header! };
  }

  /** When the peer is to be judged again, even if nothing happens. */
  due(id: PeerId): Instant | undefined {
    return this.#peers.get(id)?.due;
  }

  #hasWorkOf(best: HeaderEntry | undefined, other: HeaderEntry): boolean {
    return best !== undefined && this.#headers.compareWork(best, other) >= 0;
  }
}

const KEEP: ChainSyncVerdict = { type: 'keep' };
