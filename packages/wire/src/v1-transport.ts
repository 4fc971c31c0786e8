import { toHex } from './hex.ts';
import { MAX_PROTOCOL_MESSAGE_LENGTH } from './limits.ts';
import { messageTypeOf, payloadSize, writePayload, type Message } from './message.ts';
import { assertMessageType, MESSAGE_TYPE_SIZE, writeMessageType } from './message-type.ts';
import { sha256d, type Sha256d } from './sha256d.ts';
import { decodeEvent, type TransportEvent } from './transport-event.ts';
import { Writer } from './writer.ts';

/** Bytes in front of a payload: magic 4, type 12, size 4, checksum 4 (Core `CMessageHeader`). */
export const V1_HEADER_SIZE = 24;

const NOTHING = new Uint8Array(0);

/** What framing needs to know. */
export interface V1TransportOptions {
  /** The network's 4 bytes. */
  readonly magic: Uint8Array;
  readonly sha256d?: Sha256d;
}

/**
 * Bitcoin's first framing, unencrypted: header, payload (Core `V1Transport`, net.cpp).
 *
 * Feed bytes in any chunking to {@link receive} and take what they hold from {@link poll}; queue
 * messages with {@link send} and take bytes for the peer from {@link pollBytes}. Memory grows with
 * what has been received, never with what a header announces. Messages borrow: their byte arrays
 * may be views of a chunk that was received.
 */
export class V1Transport {
  readonly #magic: Uint8Array;
  readonly #sha256d: Sha256d;
  readonly #header = new Uint8Array(V1_HEADER_SIZE);
  #headerLength = 0;
  /** The start of a payload that comes in more than one chunk; grows with what has come. */
  #partial = NOTHING;
  #partialLength = 0;
  #payloadSize = 0;
  #failed = false;
  #events: TransportEvent[] = [];
  #nextEvent = 0;
  #outgoing: Uint8Array[] = [];
  #nextOutgoing = 0;

  constructor(options: V1TransportOptions) {
    this.#magic = options.magic;
    this.#sha256d = options.sha256d ?? sha256d;
  }

  /** Bytes of a message that has not come whole yet. */
  get bufferedBytes(): number {
    return this.#headerLength + this.#partialLength;
  }

  /** Takes bytes from the peer, in order. After a failure they are ignored. */
  receive(data: Uint8Array): void {
    let offset = 0;
    while (!this.#failed) {
      if (this.#headerLength < V1_HEADER_SIZE) {
        if (offset === data.length) return;
        offset = this.#receiveHeader(data, offset);
        if (this.#headerLength < V1_HEADER_SIZE || this.#failed) return;
      }
      const missing = this.#payloadSize - this.#partialLength;
      if (data.length - offset < missing) {
        this.#keep(data.subarray(offset));
        return;
      }
      const last = data.subarray(offset, offset + missing);
      offset += missing;
      this.#complete(this.#partialLength === 0 ? last : this.#joined(last));
    }
  }

  /** What came, in order. */
  poll(): TransportEvent | undefined {
    if (this.#nextEvent === this.#events.length) return undefined;
    const event = this.#events[this.#nextEvent++];
    if (this.#nextEvent === this.#events.length) {
      this.#events = [];
      this.#nextEvent = 0;
    }
    return event;
  }

  /**
   * Queues a message and returns its bytes on the wire.
   *
   * @throws RangeError if its type is not at most 12 characters of printable ASCII, or a value does
   * not fit into its field
   */
  send(message: Message): number {
    const frame = v1Frame(this.#magic, message, this.#sha256d);
    this.#outgoing.push(frame);
    return frame.length;
  }

  /** The next bytes for the peer: one whole message. */
  pollBytes(): Uint8Array | undefined {
    if (this.#nextOutgoing === this.#outgoing.length) return undefined;
    const bytes = this.#outgoing[this.#nextOutgoing++];
    if (this.#nextOutgoing === this.#outgoing.length) {
      this.#outgoing = [];
      this.#nextOutgoing = 0;
    }
    return bytes;
  }

  #receiveHeader(data: Uint8Array, offset: number): number {
    const length = Math.min(V1_HEADER_SIZE - this.#headerLength, data.length - offset);
    this.#header.set(data.subarray(offset, offset + length), this.#headerLength);
    this.#headerLength += length;
    if (this.#headerLength < V1_HEADER_SIZE) return offset + length;
    for (let i = 0; i < 4; i++) {
      if (this.#header[i] !== this.#magic[i]) {
        const start = toHex(this.#header.subarray(0, 4));
        this.#fail('wrong-magic', `Header error: Wrong MessageStart ${start} received`);
        return data.length;
      }
    }
    const header = this.#header;
    this.#payloadSize =
      (header[16]! | (header[17]! << 8) | (header[18]! << 16) | (header[19]! << 24)) >>> 0;
    if (this.#payloadSize > MAX_PROTOCOL_MESSAGE_LENGTH) {
      const type = printable(this.#messageType());
      this.#fail(
        'oversized-message',
        `Header error: Size too large (${type}, ${this.#payloadSize} bytes)`,
      );
      return data.length;
    }
    return offset + length;
  }

  /** Copies the start of a payload: the chunk that it came in is the driver's to use again. */
  #keep(part: Uint8Array): void {
    const length = this.#partialLength + part.length;
    if (length > this.#partial.length) {
      const grown = new Uint8Array(Math.min(this.#payloadSize, Math.max(2 * length, 4_096)));
      grown.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = grown;
    }
    this.#partial.set(part, this.#partialLength);
    this.#partialLength = length;
  }

  #joined(last: Uint8Array): Uint8Array {
    this.#keep(last);
    const payload = this.#partial.subarray(0, this.#partialLength);
    this.#partial = NOTHING;
    this.#partialLength = 0;
    return payload;
  }

  #complete(payload: Uint8Array): void {
    this.#headerLength = 0;
    this.#events.push(this.#judge(payload));
  }

  #judge(payload: Uint8Array): TransportEvent {
    const size = V1_HEADER_SIZE + payload.length;
    const messageType = this.#messageType();
    const hash = this.#sha256d(payload);
    for (let i = 0; i < 4; i++) {
      if (hash[i] === this.#header[20 + i]) continue;
      const expected = toHex(hash.subarray(0, 4));
      const was = toHex(this.#header.subarray(20));
      const what = `${printable(messageType)}, ${payload.length} bytes`;
      const detail = `Header error: Wrong checksum (${what}), expected ${expected} was ${was}`;
      return { type: 'rejected', code: 'checksum', messageType, detail, size };
    }
    if (!this.#isMessageTypeValid()) {
      const what = `${printable(messageType)}, ${payload.length} bytes`;
      const detail = `Header error: Invalid message type (${what})`;
      return { type: 'rejected', code: 'invalid-type', messageType, detail, size };
    }
    return decodeEvent(messageType, payload, size);
  }

  /** The header's type up to the first zero. */
  #messageType(): string {
    let type = '';
    for (let i = 4; i < 4 + MESSAGE_TYPE_SIZE && this.#header[i] !== 0; i++) {
      type += String.fromCharCode(this.#header[i]!);
    }
    return type;
  }

  /** Printable ASCII, and zeros to the end after the first (Core `IsMessageTypeValid`). */
  #isMessageTypeValid(): boolean {
    let ended = false;
    for (let i = 4; i < 4 + MESSAGE_TYPE_SIZE; i++) {
      const byte = this.#header[i]!;
      if (byte === 0) ended = true;
      else if (ended || byte < 0x20 || byte > 0x7e) return false;
    }
    return true;
  }

  #fail(code: 'wrong-magic' | 'oversized-message', detail: string): void {
    this.#failed = true;
    this.#partial = NOTHING;
    this.#events.push({ type: 'failed', code, detail });
  }
}

/** What a peer called something, fit for a log (Core `SanitizeString`, util/strencodings.cpp). */
function printable(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9 .,;\-_/:?@()]/g, '');
}

/**
 * A whole v1 message: 24 bytes of header, then the payload, in one fresh array.
 *
 * @throws RangeError as {@link V1Transport.send}
 */
export function v1Frame(magic: Uint8Array, message: Message, hash: Sha256d = sha256d): Uint8Array {
  const type = messageTypeOf(message);
  assertMessageType(type);
  const size = payloadSize(message);
  const frame = new Uint8Array(V1_HEADER_SIZE + size);
  const payload = frame.subarray(V1_HEADER_SIZE);
  const writer = new Writer(payload);
  writePayload(writer, message);
  if (writer.offset !== size) throw new Error(`${type}: wrote ${writer.offset} of ${size} bytes`);
  frame.set(magic, 0);
  writeMessageType(frame, 4, type);
  new Writer(frame.subarray(16)).u32(size);
  frame.set(hash(payload).subarray(0, 4), 20);
  return frame;
}
