import type { Established, Peer, PeerInfo } from '@btcp2p/peer';
import type { Message, Version } from '@btcp2p/wire';
import { ConnectError } from './connect-error.ts';
import { MessageQueue } from './message-queue.ts';
import type { CloseReason } from './peer-host.ts';
import { systemTime } from './system-time.ts';

/**
 * Bytes queued for a peer above which `send` says so: 1 MB (Core `DEFAULT_MAXSENDBUFFER`, net.h,
 * and `-maxsendbuffer`).
 */
export const MAX_SEND_BUFFER_BYTES = 1_000_000;

/** How a connection ended. */
export interface Closed {
  readonly reason: CloseReason;
  /** For the log. */
  readonly detail: string;
}

/** What a connection needs of those who made it. */
export interface PeerConnectionLink {
  readonly peer: Peer;
  readonly address: string;
  readonly established: Established;
  /** Answers the bytes sent since all had left last. */
  send(message: Message): number;
  pause(): void;
  resume(): void;
  disconnect(): void;
}

/** What a connection hears of those who made it. */
export interface PeerConnectionEvents {
  message(message: Message, size: number): void;
  drained(): void;
  /** Nothing more comes, and nothing more can be sent. */
  ended(closed: Closed): void;
  /** What was sent has left, or will not. After `ended`. */
  gone(): void;
}

/** A connection to a Bitcoin peer, the version handshake done. `connect` and `listen` make them. */
export class PeerConnection {
  /** The peer's `host:port`. */
  readonly address: string;
  /** What the handshake found: both versions, wtxid relay (BIP 339), `addrv2` (BIP 155), … */
  readonly established: Established;
  /** Resolves, and never rejects, when the connection has ended and is gone: with why. */
  readonly closed: Promise<Closed>;

  readonly #link: PeerConnectionLink;
  readonly #queue: MessageQueue;
  #onGone: (closed: Closed) => void = () => {};
  #closedAs: Closed | undefined;
  #unsent = 0;
  #drainWaiters: { resolve: () => void; reject: (error: ConnectError) => void }[] = [];

  /** @param bind is given what this connection has to hear */
  constructor(link: PeerConnectionLink, bind: (events: PeerConnectionEvents) => void) {
    this.#link = link;
    this.address = link.address;
    this.established = link.established;
    this.#queue = new MessageQueue(
      () => link.pause(),
      () => link.resume(),
    );
    this.closed = new Promise((resolve) => (this.#onGone = resolve));
    bind({
      message: (message, size) => this.#queue.push(message, size),
      drained: () => this.#handleDrained(),
      ended: (closed) => this.#handleEnded(closed),
      gone: () => this.#onGone(this.#closedAs!),
    });
  }

  /** The peer's `version`. */
  get version(): Version {
    return this.established.version;
  }

  /** What Core's `getpeerinfo` would say of it, now. */
  get info(): PeerInfo {
    return this.#link.peer.info(systemTime());
  }

  /** Whether it has ended: nothing more comes, and what is sent now is dropped. */
  get isClosed(): boolean {
    return this.#closedAs !== undefined;
  }

  /**
   * Sends a message. On a connection that has ended, it is dropped.
   *
   * @returns false if 1 MB or more waits to be sent: `await drained()` before sending more
   * @throws PeerError for messages of the handshake, RangeError for values that do not fit
   */
  send(message: Message): boolean {
    if (this.isClosed) return false;
    this.#unsent = this.#link.send(message);
    return this.#unsent < MAX_SEND_BUFFER_BYTES;
  }

  /**
   * Resolves when all that was sent has left this process. (Whether it has arrived, only an answer
   * of the peer's can tell: a `pong`, say.) Rejects with a `closed` {@link ConnectError} if the
   * connection ends first, or has ended.
   */
  drained(): Promise<void> {
    if (this.isClosed) return Promise.reject(this.#closedError());
    if (this.#unsent === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#drainWaiters.push({ resolve, reject }));
  }

  /**
   * The peer's messages as they come, from the first after the handshake, until the connection
   * ends. Pings are answered and not shown, and so is what is negotiated.
   *
   * They wait here for as long as it takes; when 1 MB of them wait, no more are read from the
   * peer. So they must be taken, or its pings will go unanswered and it will hang up.
   *
   * Leaving the loop leaves the connection open: another goes on where it stopped. Two loops at
   * once share the messages. Byte arrays in a message may be views of larger ones: what is kept
   * for long is better copied.
   */
  async *messages(): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const message = await this.#queue.take();
      if (message === undefined) return;
      yield message;
    }
  }

  /** Ends the connection, after what was sent has left. Resolves when that is done. */
  async close(): Promise<void> {
    if (!this.isClosed) this.#link.disconnect();
    await this.closed;
  }

  #handleDrained(): void {
    this.#unsent = 0;
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const { resolve } of waiters) resolve();
  }

  #handleEnded(closed: Closed): void {
    this.#closedAs = closed;
    this.#queue.end();
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const { reject } of waiters) reject(this.#closedError());
  }

  #closedError(): ConnectError {
    return new ConnectError('closed', `the connection has ended: ${this.#closedAs?.detail}`);
  }
}
