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
import type { Aead, EllSwift } from '@btcp2p/bip324';
import {
  Peer,
  V2Transport,
  type DisconnectReason,
  type Established,
  type NoticeCode,
  type TrafficShaping,
} from '@btcp2p/peer';
import type { Feature, Message, Network, Sha256d } from '@btcp2p/wire';

/**
 * Why a connection ended: what `@btcp2p/peer` found, or
 *
 * - `closed-by-us`: `close` was called
 * - `closed-by-peer`: the peer closed it
 * - `connection-lost`: the system gave it up (`ECONNRESET`, …)
 */
export type CloseReason = DisconnectReason | 'closed-by-us' | 'closed-by-peer' | 'connection-lost';

/** What a peer found worth a word, or `reconnecting-v1`: the peer hung up on v2. */
export type PeerNoticeCode = NoticeCode | 'reconnecting-v1';

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
  | { readonly type: 'notice'; readonly address: string; readonly code: PeerNoticeCode;
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
  readonly v2Transport: boolean;
  readonly aead: Aead;
  readonly ellSwift: EllSwift;
  readonly shaping?: TrafficShaping;
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

/** Dials with v2 and with v1. There is one at a time, so that they need not be told apart further. */
const ATTEMPT_V2 = 2;
const ATTEMPT_V1 = 1;

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
    const attempt = this.#options.v2Transport ? ATTEMPT_V2 : ATTEMPT_V1;
    this.#outbox.push({ type: 'connect', attempt, address });
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
        return this.#handleConnected(input.peer, input.address, input.attempt, now);
      case 'connect-failed':
        this.#outbox.push({ type: 'event', event: { type: 'connect-failed', cause: input.cause } });
        return;
      case 'received':
        return this.#handleReceived(input.peer, input.data, now);
      case 'drained':
        return this.#handleDrained(input.peer);
      case 'disconnected':
        return this.#handleDisconnected(input.peer, input.cause, now);
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

  #handleConnected(id: PeerId, address: string, attempt: number | undefined, now: Time): void {
    const { rng, v2Transport } = this.#options;
    const nonce = rng.u64();
    const isInbound = attempt === undefined;
    const speaksV2 = v2Transport && attempt !== ATTEMPT_V1;
    const peer = new Peer({
      ...this.#options,
      ...(speaksV2 && { transport: this.#v2Transport(isInbound) }),
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

  #v2Transport(isInbound: boolean): V2Transport {
    const { network, rng, aead, ellSwift, sha256d, shaping } = this.#options;
    const garbageSize = shaping?.garbageSize?.(rng);
    return new V2Transport({
      role: isInbound ? 'responder' : 'initiator',
      magic: network.magic,
      rng,
      aead,
      ellSwift,
      sha256d,
      ...(garbageSize !== undefined && { garbageSize }),
    });
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

  #handleDisconnected(id: PeerId, cause: string, now: Time): void {
    const hosted = this.#active(id);
    if (hosted !== undefined) {
      const [reason, detail] = reasonOf(cause);
      const again = reason !== 'closed-by-us' && hosted.peer.shouldReconnectV1;
      if (again) this.#reconnectV1(hosted.address);
      else this.#end(id, hosted, reason, detail);
      hosted.peer.handle({ type: 'disconnected' }, now);
    }
    this.#hosted.delete(id);
    this.#outbox.push({ type: 'event', event: { type: 'gone', id } });
  }

  #reconnectV1(address: string): void {
    const detail = `retrying with v1 transport protocol for ${address}`;
    const event = { type: 'notice', address, code: 'reconnecting-v1', detail } as const;
    this.#outbox.push({ type: 'event', event });
    this.#outbox.push({ type: 'connect', attempt: ATTEMPT_V1, address });
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
        case 'work':
        case 'trace':
          throw new Error(`${effect.type} was not asked for`);
        case 'disconnect':
          if (effect.reason === 'v2-error' && peer.shouldReconnectV1) {
            this.#outbox.push({ type: 'disconnect', peer: id });
            hosted.hasEnded = true;
            return this.#reconnectV1(address);
          }
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
