import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import type { KeyValueChange, KeyValueEntry, KeyValueStore } from '@btcp2p/chainstate';
import { ClassicLevel } from 'classic-level';
import { decodeChanges, encodeChanges } from '../change-bytes.ts';

const WORKER = fileURLToPath(new URL('../children/level-worker.js', import.meta.url));

/** As Core's coins database is set (dbwrapper.cpp), but with larger buffers. */
export const LEVEL_OPTIONS = {
  keyEncoding: 'view',
  valueEncoding: 'view',
  compression: false,
  multithreading: true,
  cacheSize: 32 * 2 ** 20,
  writeBufferSize: 32 * 2 ** 20,
  maxOpenFiles: 1_000,
  maxFileSize: 32 * 2 ** 20,
} as const;

/** What the worker is started with. */
export interface LevelWorkerData {
  readonly directory: string;
  /** Counts the answers that it has sent. */
  readonly signal: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** What the worker is asked to do. */
export type LevelRequest =
  | { readonly type: 'write'; readonly changes: Uint8Array }
  | { readonly type: 'iterate'; readonly from: Uint8Array; readonly to: Uint8Array }
  | { readonly type: 'next'; readonly iterator: number }
  | { readonly type: 'close' };

/** What it answers; `done` and `entries` to `next`. */
export interface LevelAnswer {
  readonly error?: string;
  readonly iterator?: number;
  readonly entries?: Uint8Array;
}

/**
 * A key-value store by LevelDB (npm `classic-level`). It reads in this thread; what it can do only
 * asynchronously, writing and going through entries, a worker does, which this thread waits for.
 */
export class LevelStore implements KeyValueStore {
  readonly #db: ClassicLevel<Uint8Array, Uint8Array>;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #signal: Int32Array;

  private constructor(
    db: ClassicLevel<Uint8Array, Uint8Array>,
    worker: Worker,
    port: MessagePort,
    signal: Int32Array,
  ) {
    this.#db = db;
    this.#worker = worker;
    this.#port = port;
    this.#signal = signal;
  }

  static async open(directory: string): Promise<LevelStore> {
    const db = new ClassicLevel<Uint8Array, Uint8Array>(directory, LEVEL_OPTIONS);
    await db.open();
    const { port1, port2 } = new MessageChannel();
    const signal = new SharedArrayBuffer(4);
    const workerData: LevelWorkerData = { directory, signal, port: port2 };
    const worker = new Worker(WORKER, { workerData, transferList: [port2] });
    const store = new LevelStore(db, worker, port1, new Int32Array(signal));
    store.#receive();
    return store;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#db.getSync(key);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.#db.getSync(key));
  }

  /** With `sync`: else LevelDB, when it begins a new log, lets later batches last without earlier ones. */
  write(batch: Iterable<KeyValueChange>): void {
    this.#ask({ type: 'write', changes: encodeChanges(batch) });
  }

  entries(from: Uint8Array, to: Uint8Array): Iterable<KeyValueEntry> {
    const { iterator } = this.#ask({ type: 'iterate', from, to });
    return this.#entries(iterator!);
  }

  async close(): Promise<void> {
    this.#ask({ type: 'close' });
    this.#port.close();
    await this.#db.close();
    await this.#worker.terminate();
  }

  *#entries(iterator: number): Generator<KeyValueEntry, void, undefined> {
    for (;;) {
      const { entries } = this.#ask({ type: 'next', iterator });
      if (entries!.length === 0) return;
      for (const { key, value } of decodeChanges(entries!)) yield { key, value: value! };
    }
  }

  #ask(request: LevelRequest): LevelAnswer {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
    this.#port.postMessage(request);
    return this.#receive();
  }

  #receive(): LevelAnswer {
    for (;;) {
      const count = Atomics.load(this.#signal, 0);
      const received = receiveMessageOnPort(this.#port) as { message: LevelAnswer } | undefined;
      if (received !== undefined) {
        if (received.message.error !== undefined) throw new Error(received.message.error);
        return received.message;
      }
      Atomics.wait(this.#signal, 0, count);
    }
  }
}
