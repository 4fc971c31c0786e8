import { checkOptions } from './check-options.ts';
import { ChunkCollector } from './chunk-collector.ts';
import { nobleEllSwift } from './ellswift.ts';
import { GarbageSearch } from './garbage-search.ts';
import { newGarbage } from './garbage.ts';
import { type ExchangeEvent, KeyExchange } from './key-exchange.ts';
import { type SessionKeys, wipeKeys } from './key-schedule.ts';
import type { KeyWork, KeyWorkResult } from './key-work.ts';
import { nobleAead } from './noble-aead.ts';
import { type OpenedPacket, PacketCipher } from './packet-cipher.ts';
import { PacketReader } from './packet-reader.ts';
import { PacketSender } from './packet-sender.ts';
import { Queue } from './queue.ts';
import type { SessionEvent } from './session-event.ts';
import type { SessionOptions } from './session-options.ts';

/**
 * The largest contents that are taken by default: a long message type, 13 bytes, and the largest
 * payload, 4,000,000 bytes (Core `MAX_CONTENTS_LEN` in `V2Transport::ProcessReceivedPacketBytes`).
 */
export const MAX_CONTENTS_LEN = 1 + 12 + 4_000_000;

/**
 * How far a session is:
 *
 * - `detecting`: a responder that has not excluded yet that the peer speaks v1
 * - `handshake`: until the peer's version packet
 * - `established`: both sides have the same keys
 * - `failed`, `closed`: over
 */
export type SessionStage = 'detecting' | 'handshake' | 'established' | 'failed' | 'closed';

/** What a session does with the next bytes. */
type State =
  | { readonly type: 'exchange'; readonly exchange: KeyExchange }
  /** Looks for the end of the peer's garbage. */
  | { readonly type: 'garbage'; readonly search: GarbageSearch; readonly keys: ReceiveKeys }
  | { readonly type: 'packets'; readonly reader: PacketReader; readonly keys: ReceiveKeys }
  | { readonly type: 'failed' }
  | { readonly type: 'closed' };

/** What is for after the exchange of keys. */
interface ReceiveKeys {
  readonly cipher: PacketCipher;
  readonly sessionId: Uint8Array;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * One connection's encryption (BIP 324; Core `V2Transport`, net.cpp), over any byte stream.
 *
 * Feed bytes in any chunking to {@link receive} and take what they hold from {@link poll}; queue
 * packets with {@link send} and take bytes for the peer from {@link pollBytes}. Look there at the
 * start, and after each `receive`, `send` and `completeWork`. What was received borrows: it may be a
 * view of a chunk. Memory grows with what has been received, never with what a length announces.
 *
 * A peer's fault is the event `failed`, the last one: by then all keys are overwritten, and what was
 * to be sent is dropped.
 */
export class Session {
  readonly #options: SessionOptions;
  #state: State;
  /** Bytes that came while a slow step was awaited. */
  readonly #waiting = new ChunkCollector();
  /** Our own garbage, which our version packet is authenticated with. */
  #garbage = NOTHING;
  #sessionId: Uint8Array | undefined;
  readonly #sender = new PacketSender();
  readonly #events = new Queue<SessionEvent>();
  #receivedBytes = 0;
  #decoysReceived = 0;

  /** @throws RangeError if an option is out of its range, or the random source is broken */
  constructor(options: SessionOptions) {
    checkOptions(options);
    this.#options = options;
    const { role, magic, rng, deferWork } = options;
    const ellSwift = deferWork === true ? undefined : (options.ellSwift ?? nobleEllSwift);
    const exchange = new KeyExchange({ role, magic, rng, ellSwift });
    this.#state = { type: 'exchange', exchange };
    this.#followExchange(exchange);
  }

  /** How far the session is. */
  get stage(): SessionStage {
    const state = this.#state;
    if (state.type === 'failed' || state.type === 'closed') return state.type;
    if (this.#sessionId !== undefined) return 'established';
    return state.type === 'exchange' && state.exchange.isDetecting ? 'detecting' : 'handshake';
  }

  /** 32 bytes that only the two sides share, once the peer's version packet has come. */
  get sessionId(): Uint8Array | undefined {
    return this.#sessionId;
  }

  /** Bytes received. None, and then the end of the stream: that is how a v1 peer takes a key. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Authentic packets that were marked to be ignored. */
  get decoysReceived(): number {
    return this.#decoysReceived;
  }

  /** Whether the session waits for the result of {@link pollWork}. */
  get isWaiting(): boolean {
    return this.#state.type === 'exchange' && this.#state.exchange.isWaiting;
  }

  /**
   * Bytes received that no event tells of yet: the start of something, and all that came while a
   * slow step is awaited.
   */
  get bufferedBytes(): number {
    const state = this.#state;
    switch (state.type) {
      case 'exchange':
        return state.exchange.bufferedBytes + this.#waiting.length;
      case 'garbage':
        return state.search.bufferedBytes;
      case 'packets':
        return state.reader.bufferedBytes;
      default:
        return 0;
    }
  }

  /**
   * Takes bytes from the peer, in order. They are the session's from then on: it decrypts them
   * where they are. After a failure or {@link close} they are ignored.
   */
  receive(data: Uint8Array): void {
    if (this.#isOver()) return;
    this.#receivedBytes += data.length;
    // Parts of a Buffer would be Buffers, which are not quite Uint8Arrays.
    const isPlain = data.constructor === Uint8Array;
    this.#process(isPlain ? data : new Uint8Array(data.buffer, data.byteOffset, data.length));
  }

  /** What came, in order. Still gives what had come before a failure or {@link close}. */
  poll(): SessionEvent | undefined {
    return this.#events.poll();
  }

  /**
   * Encrypts an application packet, whose contents are the concatenation of the parts, or with
   * `ignore` a decoy. Until there are keys the packet waits: the parts are kept, not copied.
   *
   * @returns bytes that the packet takes on the wire: those of its contents and 20. None after a
   * failure or {@link close}, when it is dropped
   * @throws RangeError if the contents are longer than 2^24 - 1 bytes
   */
  send(
    contents: Uint8Array | readonly Uint8Array[],
    options?: { readonly ignore?: boolean },
  ): number {
    if (this.#isOver()) return 0;
    const parts = contents instanceof Uint8Array ? [contents] : contents;
    return this.#sender.send(parts, options?.ignore === true);
  }

  /** The next bytes for the peer: a view, maybe, of memory that others are in too. */
  pollBytes(): Uint8Array | undefined {
    return this.#sender.poll();
  }

  /** With `deferWork`, a slow step that the session waits for. Each is given once. */
  pollWork(): KeyWork | undefined {
    return this.#state.type === 'exchange' ? this.#state.exchange.pollWork() : undefined;
  }

  /**
   * Takes what came of the step that is awaited, whose secrets the session overwrites in time. A
   * key may have been made before it was asked for. After the end, a result is overwritten only.
   *
   * @throws Error if it is not the result of what is awaited
   */
  completeWork(result: KeyWorkResult): void {
    if (this.#isOver()) return wipeResult(result);
    if (this.#state.type !== 'exchange') throw new Error(`not awaited: ${result.type}`);
    this.#state.exchange.complete(result);
    this.#followExchange(this.#state.exchange);
    if (this.#waiting.length > 0) this.#process(this.#waiting.take());
  }

  /** Overwrites all keys, and drops what waits to be sent. Events that have come can be polled. */
  close(): void {
    this.#end({ type: 'closed' });
  }

  #isOver(): boolean {
    return this.#state.type === 'failed' || this.#state.type === 'closed';
  }

  #process(data: Uint8Array): void {
    let offset = 0;
    while (offset < data.length) {
      const state = this.#state;
      switch (state.type) {
        case 'exchange':
          if (state.exchange.isWaiting) return this.#waiting.add(data.subarray(offset));
          offset = state.exchange.receive(data, offset);
          this.#followExchange(state.exchange);
          break;
        case 'garbage':
          offset = state.search.receive(data, offset);
          this.#followSearch(state.search, state.keys);
          break;
        case 'packets':
          return this.#readPackets(offset === 0 ? data : data.subarray(offset), state);
        default:
          return;
      }
    }
  }

  #followExchange(exchange: KeyExchange): void {
    for (let event = exchange.poll(); event !== undefined; event = exchange.poll()) {
      this.#handleExchange(event);
    }
  }

  #handleExchange(event: ExchangeEvent): void {
    switch (event.type) {
      case 'public-key':
        this.#garbage = newGarbage(this.#options.rng, this.#options.garbageSize);
        this.#sender.sendBytes(joined(event.publicKey, this.#garbage));
        break;
      case 'keys':
        this.#startCiphers(event.keys);
        break;
      case 'failed':
        this.#fail(event.event);
    }
  }

  #startCiphers(keys: SessionKeys): void {
    const { role, aead = nobleAead, versionContents = NOTHING } = this.#options;
    const fromInitiator = new PacketCipher(keys.initiatorL, keys.initiatorP, aead);
    const fromResponder = new PacketCipher(keys.responderL, keys.responderP, aead);
    wipeKeys(keys);
    const { initiatorGarbageTerminator, responderGarbageTerminator, sessionId } = keys;
    const isInitiator = role === 'initiator';
    this.#sender.sendBytes(isInitiator ? initiatorGarbageTerminator : responderGarbageTerminator);
    const cipher = isInitiator ? fromInitiator : fromResponder;
    this.#sender.start(cipher, versionContents, this.#garbage);
    this.#garbage = NOTHING;
    const theirs = isInitiator ? responderGarbageTerminator : initiatorGarbageTerminator;
    this.#state = {
      type: 'garbage',
      search: new GarbageSearch(theirs),
      keys: { cipher: isInitiator ? fromResponder : fromInitiator, sessionId },
    };
  }

  #followSearch({ garbage, hasFailed }: GarbageSearch, keys: ReceiveKeys): void {
    if (garbage !== undefined) {
      const max = this.#options.maxContentsSize ?? MAX_CONTENTS_LEN;
      this.#state = { type: 'packets', reader: new PacketReader(keys.cipher, garbage, max), keys };
    } else if (hasFailed) {
      const detail = 'V2 transport error: missing garbage terminator';
      this.#fail({ type: 'failed', code: 'no-garbage-terminator', detail });
    }
  }

  #readPackets(data: Uint8Array, { reader, keys }: Extract<State, { type: 'packets' }>): void {
    reader.feed(data);
    for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
      this.#handlePacket(packet, keys);
    }
    const { failure } = reader;
    if (failure !== undefined) this.#fail({ type: 'failed', ...failure });
  }

  #handlePacket({ ignore, contents }: OpenedPacket, { sessionId }: ReceiveKeys): void {
    if (ignore) this.#decoysReceived++;
    else if (this.#sessionId !== undefined) this.#events.push({ type: 'packet', contents });
    else {
      this.#sessionId = sessionId;
      this.#events.push({ type: 'established', sessionId, versionContents: contents });
    }
  }

  #fail(event: Extract<SessionEvent, { type: 'failed' }>): void {
    this.#end({ type: 'failed' });
    this.#events.push(event);
  }

  #end(state: State): void {
    const last = this.#state;
    this.#state = state;
    if (last.type === 'exchange') last.exchange.close();
    if (last.type === 'garbage') last.keys.cipher.wipe();
    if (last.type === 'packets') last.reader.close();
    this.#sender.close();
    this.#waiting.clear();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

function wipeResult(result: KeyWorkResult): void {
  if (result.type === 'xdh') result.sharedX.fill(0);
  else result.secretKey.fill(0);
}
