import { Bip324Error } from './bip324-error.ts';
import type { SessionEvent } from './session-event.ts';
import type { SessionOptions } from './session-options.ts';
import { Session } from './session.ts';

declare global {
  // Empty: lib.dom and @types/node say what these are, wherever someone has streams to pipe.
  interface ReadableStream<R> {}
  interface WritableStream<W> {}
}

/** Both ends of a `TransformStream`: as much of it as `pipeThrough` takes. */
export interface BytesTransform {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** Two `TransformStream`s around one session. */
export interface V2Streams {
  /** Contents of packets in, bytes for the peer out. */
  readonly encrypt: BytesTransform;
  /** Bytes from the peer in, contents of packets out. It overwrites the bytes. */
  readonly decrypt: BytesTransform;
  /** For `stage`, `sessionId` and counters. Its packets and bytes are the streams' to take. */
  readonly session: Session;
}

/** As much of `TransformStreamDefaultController` as is used here. */
interface Controller {
  enqueue(chunk: Uint8Array): void;
  error(reason: unknown): void;
  terminate(): void;
}

/** As much of `Transformer` as is used here. Older platforms have no `cancel` and do not call it. */
interface Transformer {
  start(controller: Controller): void;
  transform(chunk: Uint8Array): void;
  flush(): void;
  cancel(): void;
}

// All platforms have it (WHATWG Streams), but the types that this package is compiled with do not.
declare const TransformStream: new (
  transformer: Transformer,
  writableStrategy: { readonly highWaterMark: number },
  readableStrategy: { readonly highWaterMark: number },
) => BytesTransform;

/** How many chunks may wait on either side of a stream before the other side feels it. */
const STRATEGY = { highWaterMark: 16 };

/**
 * Makes any pair of byte streams a v2 connection:
 *
 * ```ts
 * const { encrypt, decrypt } = v2Streams({ role: 'initiator', magic, rng });
 * encrypt.readable.pipeTo(socket.writable);
 * const contents = socket.readable.pipeThrough(decrypt);
 * ```
 *
 * and `encrypt.writable` takes contents of packets. What is written before there are keys is kept
 * until then, without back-pressure. When a session fails, all streams end with a
 * {@link Bip324Error} of its code; an end before the handshake is done is one too, of the code
 * `closed`. Closing `encrypt.writable` ends what the peer gets, and what comes from it still comes.
 * When the peer ends, or any end is cancelled or aborted, all is over. Then, as after a failure, keys
 * are overwritten.
 *
 * @throws RangeError as `Session`; and so does writing contents that are too long
 */
export function v2Streams(options: Omit<SessionOptions, 'deferWork'>): V2Streams {
  const session = new Session({ ...options, deferWork: false });
  const pipes = new Pipes(session);
  const encrypt = new TransformStream(
    {
      start: (controller) => pipes.setEncrypt(controller),
      transform: (contents) => pipes.encrypt(contents),
      flush: () => pipes.endEncrypt(),
      cancel: () => pipes.cancelEncrypt(),
    },
    STRATEGY,
    STRATEGY,
  );
  const decrypt = new TransformStream(
    {
      start: (controller) => pipes.setDecrypt(controller),
      transform: (bytes) => pipes.decrypt(bytes),
      flush: () => pipes.endDecrypt(),
      cancel: () => pipes.cancelDecrypt(),
    },
    STRATEGY,
    STRATEGY,
  );
  return { encrypt, decrypt, session };
}

/** What both streams have in common. */
class Pipes {
  readonly #session: Session;
  #encrypt: Controller | undefined;
  #decrypt: Controller | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  setEncrypt(controller: Controller): void {
    this.#encrypt = controller;
    this.#sendBytes();
  }

  setDecrypt(controller: Controller): void {
    this.#decrypt = controller;
  }

  encrypt(contents: Uint8Array): void {
    this.#session.send(contents);
    this.#sendBytes();
  }

  decrypt(bytes: Uint8Array): void {
    this.#session.receive(bytes);
    this.#sendBytes();
    for (let event = this.#session.poll(); event !== undefined; event = this.#session.poll()) {
      this.#handle(event);
    }
  }

  /** Nothing more is to be sent. The peer sees that, and ends too. */
  endEncrypt(): void {
    if (this.#session.stage !== 'established') this.#failEarly();
  }

  /** The peer is gone. */
  endDecrypt(): void {
    if (this.#session.stage !== 'established') return this.#failEarly();
    this.cancelDecrypt();
  }

  cancelEncrypt(): void {
    this.#session.close();
    this.#decrypt?.terminate();
  }

  cancelDecrypt(): void {
    this.#session.close();
    this.#encrypt?.terminate();
  }

  #handle(event: SessionEvent): void {
    if (event.type === 'packet') this.#decrypt?.enqueue(event.contents);
    else if (event.type === 'failed') this.#fail(new Bip324Error(event.code, event.detail));
  }

  #sendBytes(): void {
    const session = this.#session;
    for (let bytes = session.pollBytes(); bytes !== undefined; bytes = session.pollBytes()) {
      this.#encrypt?.enqueue(bytes);
    }
  }

  #failEarly(): void {
    this.#session.close();
    this.#fail(new Bip324Error('closed', 'closed during the handshake'));
  }

  #fail(error: Bip324Error): void {
    this.#encrypt?.error(error);
    this.#decrypt?.error(error);
  }
}
