import { Outbox, type PeerId, type Time } from '@btcp2p/machine';
import { encodeMessage, messageTypeOf, payloadSize, type Message } from '@btcp2p/wire';
import type { DisconnectReason } from './disconnect-reason.ts';
import type { NoticeCode, PeerEffect } from './peer-io.ts';
import { NET_MESSAGE_TYPE_OTHER, Traffic } from './traffic.ts';
import type { Transport, TransportEvent } from './transport.ts';

/** What is told of every message: nothing, its type and size, or its payload too. */
export type Traces = 'none' | 'sizes' | 'payloads';

/**
 * The way to a peer: a transport, what passed over it, and the effects that wait to be carried out.
 * After {@link disconnect} nothing more passes in either direction.
 */
export class Link {
  readonly #id: PeerId;
  readonly #outbox = new Outbox<PeerEffect>();
  readonly transport: Transport;
  readonly sent = new Traffic();
  readonly received = new Traffic();
  readonly #traces: Traces;
  #closed = false;
  #pendingBytes = 0;

  constructor(id: PeerId, transport: Transport, traces: Traces) {
    this.#id = id;
    this.transport = transport;
    this.#traces = traces;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes received that no event has told of yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The next effect. */
  poll(): PeerEffect | undefined {
    return this.#outbox.poll();
  }

  /** Takes bytes from the peer. */
  receive(data: Uint8Array, now: Time): void {
    this.received.addBytes(data.length, now.unix);
    this.#pendingBytes += data.length;
    this.transport.receive(data);
  }

  /** What the bytes held, in order, counted. */
  nextEvent(): TransportEvent | undefined {
    if (this.#closed) return undefined;
    const event = this.transport.poll();
    // Not all bytes are of messages: there are handshakes and decoys.
    if (event === undefined) this.#pendingBytes = this.transport.bufferedBytes;
    else if (event.type !== 'failed') this.#pendingBytes -= event.size;
    switch (event?.type) {
      case 'message':
        this.received.addMessage(messageTypeOf(event.message), event.size);
        this.#traceReceived(messageTypeOf(event.message), event.payload);
        break;
      case 'undecodable':
        this.received.addMessage(event.messageType, event.size);
        this.#traceReceived(event.messageType, event.payload);
        break;
      case 'rejected':
        // Core does not trust what such a frame says of its type.
        this.received.addMessage(NET_MESSAGE_TYPE_OTHER, event.size);
    }
    return event;
  }

  /** Sends a message. */
  send(message: Message, now: Time): void {
    const type = messageTypeOf(message);
    this.#traceSent(type, message);
    this.sent.addMessage(type, this.transport.send(message));
    this.flush(now);
  }

  /** Hands out what the transport has for the peer, and what it wants done. */
  flush(now: Time): void {
    if (this.#closed) return;
    for (let data = this.transport.pollBytes(); data; data = this.transport.pollBytes()) {
      this.sent.addBytes(data.length, now.unix);
      this.push({ type: 'send', data });
    }
    const work = this.transport.pollWork?.();
    if (work !== undefined) this.push({ type: 'work', work });
  }

  /** Adds an effect. */
  push(effect: PeerEffect): void {
    if (!this.#closed) this.#outbox.push(effect);
  }

  /** Tells the log something. */
  notice(code: NoticeCode, detail: string): void {
    this.push({ type: 'notice', code, detail });
  }

  /** Ends the connection. */
  disconnect(reason: DisconnectReason, detail: string): void {
    this.push({ type: 'disconnect', reason, detail });
    this.close();
  }

  /** Takes note that the connection is over. */
  close(): void {
    this.#closed = true;
    this.transport.close?.();
  }

  /** Ends the connection. The log gets Core's words for it: why, and whom. */
  drop(reason: DisconnectReason, why: string): void {
    this.disconnect(reason, `${why}, disconnecting peer=${this.#id}`);
  }

  #traceReceived(messageType: string, payload: Uint8Array): void {
    if (this.#traces !== 'none') this.#trace('received', messageType, payload.length, payload);
  }

  #traceSent(messageType: string, message: Message): void {
    if (this.#traces === 'none') return;
    // What is sent is encoded once more for whoever wants to see it: few do.
    const payload = this.#traces === 'payloads' ? encodeMessage(message) : undefined;
    this.#trace('sent', messageType, payload?.length ?? payloadSize(message), payload);
  }

  #trace(
    direction: 'received' | 'sent',
    messageType: string,
    payloadSize: number,
    payload: Uint8Array | undefined,
  ): void {
    const shown = this.#traces === 'payloads' && payload !== undefined ? { payload } : {};
    this.push({ type: 'trace', direction, messageType, payloadSize, ...shown });
  }
}
