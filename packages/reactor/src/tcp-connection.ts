import type { Socket } from 'node:net';
import { causeOf } from './dial.ts';

/** What happens on a connection. None of these is called from inside a method of it. */
export interface TcpConnectionEvents {
  /** Bytes came. The array is fresh: nothing else will use its memory. */
  received(data: Uint8Array): void;
  /** All that was sent has been handed to the system. Once after each time that it has. */
  drained(): void;
  /** The connection is gone. Called once, last. */
  closed(cause: string): void;
}

/**
 * A TCP connection that stands: writes of one turn go out together, reading can be paused, and it
 * ends exactly once, within bounded time of when it is told to.
 */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #events: TcpConnectionEvents;
  readonly #onWritten = (): void => this.#handleWritten();
  #hasUnsent = false;
  #isCorked = false;
  #isEnding = false;
  #grace: NodeJS.Timeout | undefined;
  #cause: string | undefined;

  constructor(socket: Socket, events: TcpConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Buffer) => this.#handleData(chunk));
    // A peer that has closed its side is gone: Core, too, sends nothing more to it.
    socket.on('end', () => this.destroy('socket closed'));
    socket.on('error', (error) => (this.#cause ??= causeOf(error)));
    socket.once('close', () => {
      clearTimeout(this.#grace);
      events.closed(this.#cause ?? 'socket closed');
    });
  }

  /**
   * Queues bytes, which must not change any more.
   *
   * @returns whether this is the first to wait for {@link flush}
   */
  send(data: Uint8Array): boolean {
    if (this.#isEnding) return false;
    const isFirst = !this.#isCorked;
    if (isFirst) {
      this.#isCorked = true;
      this.#socket.cork();
    }
    this.#hasUnsent = true;
    this.#socket.write(data, this.#onWritten);
    return isFirst;
  }

  /** Hands what was queued to the system, in one call if it takes it. */
  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }

  /** Stops reading. What the process has read already (at most about 64 KB) waits here. */
  pause(): void {
    if (!this.#isEnding) this.#socket.pause();
  }

  resume(): void {
    if (!this.#isEnding) this.#socket.resume();
  }

  /**
   * Ends the connection: what is queued goes out, then our side closes. Nothing is delivered any
   * more but `closed`.
   *
   * What still comes is read and thrown away until the peer closes its side too: closing with
   * unread bytes would reset the connection, and what the peer has not read yet would be lost. A
   * connection over which nothing was ever sent has nothing to lose, and is cut: whoever opens
   * connections only to have them refused cannot make us hold many.
   *
   * @param grace milliseconds, after which the connection is cut
   */
  end(cause: string, grace: number): void {
    if (this.#isEnding) return;
    if (this.#socket.bytesWritten === 0) return this.destroy(cause);
    this.#isEnding = true;
    this.#cause ??= cause;
    this.#grace = setTimeout(() => this.#socket.destroy(), grace).unref();
    this.#socket.end();
    this.#socket.resume();
  }

  /** Cuts the connection. What is queued is lost. */
  destroy(cause: string): void {
    this.#isEnding = true;
    this.#cause ??= cause;
    this.#socket.destroy();
  }

  #handleData(chunk: Buffer): void {
    if (this.#isEnding) return;
    // A Buffer is not quite a Uint8Array: its `slice` does not copy.
    this.#events.received(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
  }

  #handleWritten(): void {
    if (!this.#hasUnsent || this.#isEnding || this.#socket.writableLength > 0) return;
    this.#hasUnsent = false;
    this.#events.drained();
  }
}
