import { Worker } from 'node:worker_threads';
import type { ChainEvent } from '@btcp2p/chainstate';
import type { ChainJob, ChainResult } from '@btcp2p/node';
import { AddonGate } from '@btcp2p/reactor';
import { NodeError } from '../node-error.ts';
import { ChainQueryError } from './chain-query-error.ts';
import type { MempoolStatus } from './mempool-messages.ts';
import type {
  ChainMessage,
  ChainRequest,
  ChainSettings,
  LoadedChain,
  QueryJob,
  QueryResults,
} from './chain-messages.ts';

/** How a {@link ChainThread} is started. */
export interface ChainThreadOptions {
  readonly settings: Omit<ChainSettings, 'interrupt' | 'addonGate'>;
  /** Told of what happens to the chain, each before the answer to the job that brought it about. */
  readonly onEvent: (event: ChainEvent | MempoolStatus) => void;
  /** Called once, when the thread has ended though nobody wanted it to. */
  readonly onFailure: (error: NodeError) => void;
  /** Aborted when it is to end soon: then loading leaves what is not done for the next start. */
  readonly signal?: AbortSignal;
}

interface Caller {
  resolve(result: never): void;
  reject(error: Error): void;
}

/**
 * The thread that keeps the chain: it checks, stores and connects blocks, so that no other work waits
 * for that. Jobs are performed one after another, in the order of asking.
 */
export class ChainThread {
  readonly #worker: Worker;
  readonly #options: ChainThreadOptions;
  /** Keeps native code out of the threads when they are ended. */
  readonly #gate = new AddonGate();
  readonly #interrupt = new Int32Array(new SharedArrayBuffer(4));
  readonly #callers = new Map<number, Caller>();
  readonly #exited: Promise<void>;
  #loaded: { resolve(chain: LoadedChain): void; reject(error: Error): void } | undefined;
  #nextId = 0;
  #failure: NodeError | undefined;
  #closing = false;

  private constructor(options: ChainThreadOptions) {
    this.#options = options;
    this.#gate.closeAtExit();
    const workerData: ChainSettings = {
      ...options.settings,
      interrupt: this.#interrupt,
      addonGate: this.#gate.memory,
    };
    this.#worker = new Worker(entry(), { name: 'btcp2p-chain', workerData, execArgv: [] });
    this.#worker.on('message', (message: ChainMessage) => this.#handle(message));
    this.#worker.on('error', (error) => {
      this.#fail(new NodeError('io', `The chain thread has failed: ${error.stack ?? error.message}`));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        if (!this.#closing) this.#fail(new NodeError('io', 'The chain thread has ended'));
        resolve();
      });
    });
  }

  /**
   * Starts the thread and waits until the chain is loaded.
   *
   * @throws NodeError
   */
  static async start(
    options: ChainThreadOptions,
  ): Promise<{ readonly thread: ChainThread; readonly chain: LoadedChain }> {
    const thread = new ChainThread(options);
    if (options.signal?.aborted === true) thread.interrupt();
    options.signal?.addEventListener('abort', () => thread.interrupt());
    const chain = await new Promise<LoadedChain>((resolve, reject) => {
      thread.#loaded = { resolve, reject };
    });
    return { thread, chain };
  }

  /**
   * Does a job of the `Node` machine. Never rejects.
   *
   * @param now Unix seconds
   */
  async perform(job: ChainJob, now: number): Promise<ChainResult> {
    try {
      return await this.#ask<ChainResult>(copyOf(job), now);
    } catch (error) {
      return { type: 'failed', detail: (error as Error).message };
    }
  }

  /**
   * Asks something of the chain.
   *
   * @throws NodeError if the thread has failed, ChainQueryError if it cannot be done
   */
  query<T extends QueryJob['type']>(
    job: Extract<QueryJob, { type: T }>,
    now: number,
  ): Promise<QueryResults[T]> {
    return this.#ask<QueryResults[T]>(job, now);
  }

  /** Has what is under way end soon, between two blocks. */
  interrupt(): void {
    Atomics.store(this.#interrupt, 0, 1);
  }

  /**
   * Ends the thread, once it has stored everything.
   *
   * @throws NodeError if that failed
   */
  async close(): Promise<void> {
    this.#closing = true;
    this.interrupt();
    this.#worker.postMessage('close', []);
    await this.#exited;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #ask<T>(job: ChainJob | QueryJob, now: number): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#callers.set(id, { resolve: resolve as Caller['resolve'], reject });
      const request: ChainRequest = { id, job, now };
      this.#worker.postMessage(request, transferred(job));
    });
  }

  #handle(message: ChainMessage): void {
    switch (message.type) {
      case 'loaded':
        this.#loaded?.resolve(message.chain);
        this.#loaded = undefined;
        return;
      case 'event':
        this.#options.onEvent(message.event);
        return;
      case 'answer':
      case 'query-answer':
        this.#take(message.id)?.resolve(message.result as never);
        return;
      case 'query-failed':
        this.#take(message.id)?.reject(new ChainQueryError(message.message));
        return;
      case 'fatal':
        this.#fail(new NodeError(message.code, message.message));
        return;
    }
  }

  #take(id: number): Caller | undefined {
    const caller = this.#callers.get(id);
    this.#callers.delete(id);
    return caller;
  }

  #fail(error: NodeError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const caller of this.#callers.values()) caller.reject(error);
    this.#callers.clear();
    if (this.#loaded !== undefined) {
      this.#loaded.reject(error);
      this.#loaded = undefined;
    } else if (!this.#closing) {
      this.#options.onFailure(error);
    }
  }
}

/** With bytes of its own: those of a block are a view of a larger buffer, which others use. */
function copyOf(job: ChainJob): ChainJob {
  return job.type === 'process-block' ? { ...job, bytes: Uint8Array.from(job.bytes) } : job;
}

function transferred(job: ChainJob | QueryJob): ArrayBuffer[] {
  return job.type === 'process-block' ? [job.bytes.buffer as ArrayBuffer] : [];
}

/**
 * The file that the thread runs. It is JavaScript: where this module runs from its source, as in
 * tests, it is the one that was built last.
 */
function entry(): URL {
  const folder = import.meta.url.endsWith('.ts') ? '../../dist/chain/' : './';
  return new URL(`${folder}chain-thread-entry.js`, import.meta.url);
}
