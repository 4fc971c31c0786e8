import { MINUTE, type Instant, type PeerId, type Time, type UnixTime } from '@btcp2p/machine';
import { equalHashes } from '@btcp2p/wire';

/**
 * How long a peer has for its headers, milliseconds, before those for each one that is expected
 * (Core `HEADERS_DOWNLOAD_TIMEOUT_BASE`, net_processing.cpp).
 */
export const HEADERS_DOWNLOAD_TIMEOUT_BASE = 15 * MINUTE;

/**
 * And for each one, milliseconds
 * (Core `HEADERS_DOWNLOAD_TIMEOUT_PER_HEADER`, net_processing.cpp).
 */
export const HEADERS_DOWNLOAD_TIMEOUT_PER_HEADER = 1;

/**
 * How long an unanswered `getheaders` keeps us from sending the peer another, milliseconds
 * (Core `HEADERS_RESPONSE_TIME`, net_processing.cpp).
 */
export const HEADERS_RESPONSE_TIME = 2 * MINUTE;

/** A best header that is younger is close to today, seconds: 24 hours (Core net_processing.cpp). */
export const RECENT_HEADER_AGE = 24 * 60 * 60;

interface Asked {
  /** Whether headers are synchronised with this peer (Core `fSyncStarted`). */
  started: boolean;
  /** When it must be done; undefined once we have caught up. */
  due: Instant | undefined;
  /** When the `getheaders` was sent that is not answered yet. */
  askedAt: Instant | undefined;
  /** Whether an announced block made us ask it before its sync had started. */
  askedForInventory: boolean;
}

/**
 * Whom to ask for headers, and when (Core net_processing.cpp: `SendMessages`, `MaybeSendGetHeaders`,
 * and the processing of `inv`).
 *
 * === Specification ===
 *
 * 1. Until the best header is less than 24 hours old, headers are synchronised with one peer: the
 *    first that may be (the caller says which may). After that, with every peer that has blocks.
 * 2. A peer is sent a `getheaders` only if its last one was answered or is two minutes old.
 * 3. If the one sync peer is not done in 15 minutes, plus 1 ms for each header expected, it is
 *    dropped, provided that there is another, preferred one. From the moment that the best header
 *    is seen to be recent, this never happens again to that peer.
 * 4. A peer that announces an unknown block is asked for headers. If its sync has not started, this
 *    happens once for the peer, and once for the block.
 *
 * === Rationale ===
 *
 * A million headers are 80 MB: nobody should download them eight times. But the one peer may be dead
 * or malicious, so each new block of the network (rule 4) lets one more peer take part.
 */
export class HeadersDownload {
  readonly #powTargetSpacing: number;
  readonly #peers = new Map<PeerId, Asked>();
  #syncing = 0;
  /** The block that made us ask a peer whose sync had not started. */
  #lastInventory: Uint8Array | undefined;

  /** @param powTargetSpacing how long one block should take, seconds */
  constructor(powTargetSpacing: number) {
    this.#powTargetSpacing = powTargetSpacing;
  }

  /** With how many peers a headers sync has started (Core `nSyncStarted`). */
  get syncing(): number {
    return this.#syncing;
  }

  /** Adds a peer. */
  addPeer(id: PeerId): void {
    const asked = { started: false, due: undefined, askedAt: undefined, askedForInventory: false };
    this.#peers.set(id, asked);
  }

  /** Removes a peer. */
  removePeer(id: PeerId): void {
    if (this.#peers.get(id)?.started === true) this.#syncing--;
    this.#peers.delete(id);
  }

  /** Whether a headers sync with the peer has started. */
  isStarted(id: PeerId): boolean {
    return this.#of(id).started;
  }

  /** Whether the peer may be sent a `getheaders` now. If it is, call {@link asked}. */
  mayAsk(id: PeerId, now: Time): boolean {
    const { askedAt } = this.#of(id);
    return askedAt === undefined || now.instant >= askedAt + HEADERS_RESPONSE_TIME;
  }

  /** From when on the peer may be sent a `getheaders`, if it may not yet. */
  mayAskAt(id: PeerId): Instant | undefined {
    const { askedAt } = this.#of(id);
    return askedAt === undefined ? undefined : askedAt + HEADERS_RESPONSE_TIME;
  }

  /** A `getheaders` has been sent to the peer. */
  asked(id: PeerId, now: Time): void {
    this.#of(id).askedAt = now.instant;
  }

  /** What the peer sent can be the answer to our last `getheaders`. */
  answered(id: PeerId): void {
    this.#of(id).askedAt = undefined;
  }

  /**
   * Whether a sync may start, as far as other peers' go.
   *
   * @param eligible whether the peer may be the only one
   */
  mayStart(id: PeerId, eligible: boolean, bestHeaderTime: UnixTime, now: Time): boolean {
    if (this.#of(id).started) return false;
    return (this.#syncing === 0 && eligible) || isRecent(bestHeaderTime, now);
  }

  /** The sync with the peer has started: it has been asked for what follows the best header. */
  start(id: PeerId, bestHeaderTime: UnixTime, now: Time): void {
    const peer = this.#of(id);
    const expected = (now.unix - bestHeaderTime) / this.#powTargetSpacing;
    peer.started = true;
    peer.due =
      now.instant + HEADERS_DOWNLOAD_TIMEOUT_BASE + HEADERS_DOWNLOAD_TIMEOUT_PER_HEADER * expected;
    this.#syncing++;
  }

  /** Takes the start back, so that another peer gets its turn. */
  stop(id: PeerId): void {
    const peer = this.#of(id);
    if (!peer.started) return;
    peer.started = false;
    peer.due = undefined;
    this.#syncing--;
  }

  /** Notes that we have caught up, which the peer's timeout does not survive. */
  caughtUp(id: PeerId): void {
    this.#of(id).due = undefined;
  }

  /** When the peer is to be dropped for its headers, unless there is something against it. */
  due(id: PeerId): Instant | undefined {
    const { started, due } = this.#of(id);
    return started && this.#syncing === 1 ? due : undefined;
  }

  /**
   * A peer announced a block that is not known: whether to ask it for headers.
   *
   * @param hash of the last such block of its message, 32 bytes
   */
  isInventoryWorthAsking(id: PeerId, hash: Uint8Array): boolean {
    const peer = this.#of(id);
    if (peer.started) return true;
    if (peer.askedForInventory) return false;
    if (this.#lastInventory !== undefined && equalHashes(this.#lastInventory, hash)) return false;
    peer.askedForInventory = true;
    this.#lastInventory = hash.slice();
    return true;
  }

  #of(id: PeerId): Asked {
    const peer = this.#peers.get(id);
    if (peer === undefined) throw new Error(`no peer ${id}`);
    return peer;
  }
}

/** Whether a header is less than a day old, so that headers are synchronised with all peers. */
export function isRecent(headerTime: UnixTime, now: Time): boolean {
  return headerTime > now.unix - RECENT_HEADER_AGE;
}
