import {
  Session,
  type KeyWork,
  type KeyWorkResult,
  type SessionEvent,
  type SessionOptions,
  type SessionRole,
} from '@btcp2p/bip324';
import {
  decodeEvent,
  parseV2Contents,
  v2Contents,
  V1_HEADER_SIZE,
  V1Transport,
  type Message,
  type Sha256d,
} from '@btcp2p/wire';
import type { Transport, TransportEvent } from './transport.ts';

/** Bytes of a v2 packet besides its contents: length 3, header 1, tag 16 (BIP 324 §"Packet encryption"). */
const PACKET_OVERHEAD = 20;

/** What an encrypted transport needs to know. */
export interface V2TransportOptions
  extends Pick<SessionOptions, 'magic' | 'rng' | 'garbageSize' | 'aead' | 'ellSwift' | 'deferWork'> {
  readonly role: SessionRole;
  /** For a peer that turns out to speak v1. */
  readonly sha256d?: Sha256d;
}

/**
 * Messages over encrypted packets (BIP 324; Core `V2Transport`, net.cpp), with the surface of
 * `V1Transport`.
 *
 * As the responder it starts by finding out what the peer speaks, and is a v1 transport from then
 * on if that is v1. The initiator of a connection has to choose, and to dial again where it chose
 * wrongly: see {@link shouldReconnectV1}.
 */
export class V2Transport implements Transport {
  readonly #session: Session;
  readonly #role: SessionRole;
  readonly #makeV1: () => V1Transport;
  #v1: V1Transport | undefined;
  #failed = false;
  #failure: TransportEvent | undefined;
  #isAnsweredInV1 = false;
  #given = 0;

  constructor({ sha256d, ...options }: V2TransportOptions) {
    this.#session = new Session(options);
    this.#role = options.role;
    this.#makeV1 = () => new V1Transport({ magic: options.magic, ...(sha256d && { sha256d }) });
  }

  /** `v2` only once the peer has proved that it has the keys (as Core reports it). */
  get protocol(): 'detecting' | 'v1' | 'v2' {
    if (this.#v1 !== undefined) return 'v1';
    return this.#session.sessionId === undefined ? 'detecting' : 'v2';
  }

  get sessionId(): Uint8Array | undefined {
    return this.#session.sessionId;
  }

  get bufferedBytes(): number {
    return this.#v1 === undefined ? this.#session.bufferedBytes : this.#v1.bufferedBytes;
  }

  /**
   * Whether we dialled, and the peer speaks v1: it has had as much as it needs to see that this is
   * not v1 and said nothing (Core `V2Transport::ShouldReconnectV1`), or it answered with v1.
   */
  get shouldReconnectV1(): boolean {
    const isUnanswered = this.#role === 'initiator' && this.#session.receivedBytes === 0;
    return this.#isAnsweredInV1 || (isUnanswered && this.#given >= V1_HEADER_SIZE);
  }

  receive(data: Uint8Array): void {
    if (this.#v1 !== undefined) return this.#v1.receive(data);
    this.#session.receive(data);
    // That a peer speaks v1 must be known before its next bytes come, polled or not.
    if (this.#session.stage === 'failed' && this.#session.sessionId === undefined) this.#takeFailure();
  }

  poll(): TransportEvent | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return failure;
    while (this.#v1 === undefined && !this.#failed) {
      const event = this.#session.poll();
      if (event === undefined) return undefined;
      const made = this.#eventOf(event);
      if (made !== undefined) return made;
    }
    return this.#v1?.poll();
  }

  /**
   * Queues a message, and returns its bytes on the wire. What is sent before there are keys waits.
   *
   * @throws RangeError as `V1Transport`; Error while a responder does not know yet what the peer
   * speaks
   */
  send(message: Message): number {
    if (this.#v1 !== undefined) return this.#v1.send(message);
    if (this.#session.stage === 'detecting') throw new Error('the peer has not spoken yet');
    return this.#session.send(v2Contents(message));
  }

  pollBytes(): Uint8Array | undefined {
    const data = this.#v1 === undefined ? this.#session.pollBytes() : this.#v1.pollBytes();
    this.#given += data?.length ?? 0;
    return data;
  }

  sendDecoy(size: number): void {
    if (this.protocol === 'v2') this.#session.send(new Uint8Array(size), { ignore: true });
  }

  pollWork(): KeyWork | undefined {
    return this.#session.pollWork();
  }

  completeWork(result: KeyWorkResult): void {
    this.#session.completeWork(result);
  }

  close(): void {
    this.#session.close();
  }

  /** A failure before any packet is all that there is to poll. */
  #takeFailure(): void {
    const event = this.#session.poll();
    if (event !== undefined) this.#failure = this.#eventOf(event);
  }

  #eventOf(event: SessionEvent): TransportEvent | undefined {
    switch (event.type) {
      case 'established':
        return undefined;
      case 'packet':
        return packetEvent(event.contents);
      case 'failed':
        if (event.code === 'v1-detected' && this.#role === 'responder') {
          this.#v1 = this.#makeV1();
          this.#v1.receive(event.received);
          return undefined;
        }
        this.#failed = true;
        this.#isAnsweredInV1 = event.code === 'v1-detected';
        return { type: 'failed', code: event.code, detail: event.detail };
    }
  }
}

function packetEvent(contents: Uint8Array): TransportEvent {
  const size = contents.length + PACKET_OVERHEAD;
  const parsed = parseV2Contents(contents);
  if (parsed !== undefined) return decodeEvent(parsed.messageType, parsed.payload, size);
  const detail = `V2 transport error: invalid message type (${contents.length} bytes contents)`;
  return { type: 'rejected', code: 'invalid-type', messageType: '', detail, size };
}
