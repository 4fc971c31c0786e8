import {
  Outbox,
  type Instant,
  type Machine,
  type NetworkEffect,
  type NetworkInput,
  type PeerId,
  type Rng,
  type Time,
} from '@btcp2p/machine';
import { Peer, type DisconnectReason, type Established, type NoticeCode } from '@btcp2p/peer';
import type { Feature, Message, Network, Sha256d } from '@btcp2p/wire';

/**
 * Why a connection ended: what `@btcp2p/peer` found, or
 *
 * - `closed-by-us`: `close` was called
 * - `closed-by-peer`: the peer closed it
 * - `connection-lost`: the system gave it up (`ECONNRESET`, …)
 */
export type CloseReason = DisconnectReason | 'closed-by-us' | 'closed-by-peer' | 'connection-lost';

/**
 * What a {@link PeerHost} tells. A connection is `ended` when nothing more passes in either
 * direction but what was sent before, and `gone` when that has left or been given up.
 */
export type PeerHostEvent =
  | { readonly type: 'connect-failed'; readonly cause: string }
  | { readonly type: 'established'; readonly peer: Peer; readonly address: string;
      readonly established: Established }
  | { readonly type: 'message'; readonly id: PeerId; readonly message: Message;
      readonly size: number }
  | { readonly type: 'drained'; readonly id: PeerId }
  | { readonly type: 'notice'; readonly address: string; readonly code: NoticeCode;
      readonly detail: string }
  /** `wasEstablished`: whether `established` came before. */
  | { readonly type: 'ended'; readonly id: PeerId; readonly reason: CloseReason;
      readonly detail: string; readonly wasEstablished: boolean }
  | { readonly type: 'gone'; readonly id: PeerId };

/** How all connections of a host are conducted. */
export interface PeerHostOptions {
  readonly network: Network;
  readonly userAgent: string;
  readonly services: bigint;
  readonly startHeight: number;
  readonly relay: boolean;
  readonly protocolVersion?: number;
  readonly features?: readonly Feature[];
  readonly peerTimeout?: number;
  readonly rng: Rng;
  readonly sha256d: Sha256d;
}

interface Hosted {
  readonly peer: Peer;
  readonly address: string;
  readonly nonce: bigint;
  isEstablished: boolean;
  hasEnded: boolean;
  /** Bytes sent since the queue was last empty: no less than what waits now. */
  unsent: number;
}

/** The one dial that a host makes at a time is told apart from others by nobody. */
const ATTEMPT = 0;

/**
 * The machine behind `connect` and `listen`: a `Peer` for each connection, and nothing that would
 * make a node of them.
 */
export class PeerHost implements Machine<NetworkInput<never>, NetworkEffect<never, PeerHostEvent>> {
  readonly #options: PeerHostOptions;
  readonly #outbox = new Outbox<NetworkEffect<never, PeerHostEvent>>();
  readonly #hosted = new Map<PeerId, Hosted>();

  constructor(options: PeerHostOptions) {
    this.#options = options;
  }

  // Commands.

  /** Dials. One dial at a time. */
  connect(address: string): void {
    this.#outbox.push({ type: 'connect', attempt: ATTEMPT, address });
  }

  /**
   * Sends a message, or nothing if the connection has ended.
   *
   * @returns bytes sent since all had left last
   * @throws what `Peer` and the message's codec throw on a message that cannot be sent
   */
  send(id: PeerId, message: Message, now: Time): number {
    const hosted = this.#active(id);
    if (hosted === undefined) return 0;
    hosted.peer.handle({ type: 'send', message }, now);
    this.#carryOut(id, hosted);
    return hosted.unsent;
  }

  /** Stops reading. */
  pause(id: PeerId): void {
    this.#outbox.push({ type: 'pause', peer: id });
  }

  /** Reads again. */
  resume(id: PeerId): void {
    this.#outbox.push({ type: 'resume', peer: id });
  }

  /** Ends a connection. */
  disconnect(id: PeerId): void {
    const hosted = this.#active(id);
    if (hosted !== undefined) this.#disconnect(id, hosted, 'closed-by-us', 'closed by us');
  }

  // The machine.

  handle(input: NetworkInput<never>, now: Time): void {
    switch (input.type) {
      case 'connected':
        return this.#handleConnected(input.peer, input.address, input.attempt === undefined, now);
      case 'connect-failed':
        this.#outbox.push({ type: 'event', event: { type: 'connect-failed', cause: input.cause } });
        return;
      case 'received':
        return this.#handleReceived(input.peer, input.data, now);
      case 'drained':
        return this.#handleDrained(input.peer);
      case 'disconnected':
        return this.#handleDisconnected(input.peer, input.cause);
      case 'completed':
        throw new Error('there are no requests');
    }
  }

  poll(): NetworkEffect<never, PeerHostEvent> | undefined {
    return this.#outbox.poll();
  }

  deadline(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const { peer, hasEnded } of this.#hosted.values()) {
      const deadline = hasEnded ? undefined : peer.deadline();
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) {
        earliest = deadline;
      }
    }
    return earliest;
  }

  handleTimeout(now: Time): void {
    for (const [id, hosted] of this.#hosted) {
      if (hosted.hasEnded) continue;
      hosted.peer.handleTimeout(now);
      this.#carryOut(id, hosted);
    }
  }

  #handleConnected(id: PeerId, address: string, isInbound: boolean, now: Time): void {
    const { rng } = this.#options;
    const nonce = rng.u64();
    const peer = new Peer({
      // The transport is the default one of `Peer`: this is where another would be chosen.
      ...this.#options,
      id,
      connectionType: isInbound ? 'inbound' : 'manual',
      address,
      nonce,
      isOwnNonce: (theirs) => this.#isOwnNonce(theirs),
      requiredServices: 0n,
      now,
    });
    const hosted = { peer, address, nonce, isEstablished: false, hasEnded: false, unsent: 0 };
    this.#hosted.set(id, hosted);
    this.#carryOut(id, hosted);
  }

  #isOwnNonce(nonce: bigint): boolean {
    for (const hosted of this.#hosted.values()) {
      if (!hosted.peer.isInbound && !hosted.isEstablished && hosted.nonce === nonce) return true;
    }
    return false;
  }

  /** A connection that has not ended. */
  #active(id: PeerId): Hosted | undefined {
    const hosted = this.#hosted.get(id);
    return hosted?.hasEnded === false ? hosted : undefined;
  }

  #handleReceived(id: PeerId, data: Uint8Array, now: Time): void {
    const hosted = this.#active(id);
    if (hosted === undefined) return;
    hosted.peer.handle({ type: 'received', data }, now);
    this.#carryOut(id, hosted);
  }

  #handleDrained(id: PeerId): void {
    const hosted = this.#active(id);
    if (hosted === undefined) return;
    hosted.unsent = 0;
    this.#outbox.push({ type: 'event', event: { type: 'drained', id } });
  }

  #handleDisconnected(id: PeerId, cause: string): void {
    const hosted = this.#active(id);
    if (hosted !== undefined) {
      const [reason, detail] = reasonOf(cause);
      this.#end(id, hosted, reason, detail);
    }
    this.#hosted.delete(id);
    this.#outbox.push({ type: 'event', event: { type: 'gone', id } });
  }

  #carryOut(id: PeerId, hosted: Hosted): void {
    const { peer, address } = hosted;
    for (let effect = peer.poll(); effect !== undefined; effect = peer.poll()) {
      switch (effect.type) {
        case 'send':
          hosted.unsent += effect.data.length;
          this.#outbox.push({ type: 'send', peer: id, data: effect.data });
          break;
        case 'established': {
          hosted.isEstablished = true;
          const event = { type: 'established', peer, address, established: effect } as const;
          this.#outbox.push({ type: 'event', event });
          break;
        }
        case 'message': {
          const { message, size } = effect;
          this.#outbox.push({ type: 'event', event: { type: 'message', id, message, size } });
          break;
        }
        case 'notice': {
          const { code, detail } = effect;
          this.#outbox.push({ type: 'event', event: { type: 'notice', address, code, detail } });
          break;
        }
        case 'disconnect':
          return this.#disconnect(id, hosted, effect.reason, effect.detail);
      }
    }
  }

  #disconnect(id: PeerId, hosted: Hosted, reason: CloseReason, detail: string): void {
    this.#outbox.push({ type: 'disconnect', peer: id });
    this.#end(id, hosted, reason, detail);
  }

  #end(id: PeerId, hosted: Hosted, reason: CloseReason, detail: string): void {
    hosted.hasEnded = true;
    const wasEstablished = hosted.isEstablished;
    const event = { type: 'ended', id, reason, detail, wasEstablished } as const;
    this.#outbox.push({ type: 'event', event });
  }
}

/** Of what the reactor says when a connection is gone that nobody here has ended. */
function reasonOf(cause: string): [reason: CloseReason, detail: string] {
  if (cause === 'closed') return ['closed-by-us', 'closed by us'];
  return [cause === 'socket closed' ? 'closed-by-peer' : 'connection-lost', cause];
}
