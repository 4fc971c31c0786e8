import { Worker } from 'node:worker_threads';
import type { KeyWork } from '@btcp2p/bip324';
import {
  buffersOf, type KeyWorkAnswer, type KeyWorkRequest, type TimedKeyWorkResult, timedKeyWork, wipe,
} from './key-worker-job.ts';

/** Keys that a {@link KeyWorker} makes ahead unless it is told how many. */
export const DEFAULT_KEYS_AHEAD = 8;

/** Workers that may die one after the other, without any answer, before there are no more of them. */
const MAX_FAILURES = 2;

/** How a {@link KeyWorker} works. */
export interface KeyWorkerOptions {
  /** How many ephemeral keys are kept ready; {@link DEFAULT_KEYS_AHEAD} by default. */
  readonly keysAhead?: number;
}

/** A step that has been asked for. */
interface Job {
  readonly work: KeyWork;
  /** Who waits for it; undefined for a key that is made ahead. */
  caller: Caller | undefined;
  /** Whether a worker has died with it before. */
  readonly isSecondTry: boolean;
}

interface Caller {
  resolve(result: TimedKeyWorkResult): void;
  reject(error: unknown): void;
}

/**
 * Takes the slow steps of handshakes in a thread of their own, so that a peer's handshake does not
 * hold up the messages of all others.
 *
 * The thread starts at the first step. It keeps the process alive only while somebody waits for a
 * step. If it dies, another one takes over what it left undone; where threads cannot be had, the
 * steps are taken in the calling thread.
 *
 * It makes some keys ahead while it has nothing else to do.
 */
export class KeyWorker {
  readonly #keysAhead: number;
  readonly #ready: TimedKeyWorkResult[] = [];
  readonly #jobs = new Map<number, Job>();
  #lastId = 0;
  #worker: Worker | undefined;
  #failures = 0;
  #closing: Promise<void> | undefined;
  /** Called when nobody waits any more. */
  #onIdle: (() => void) | undefined;

  constructor(options: KeyWorkerOptions = {}) {
    this.#keysAhead = options.keysAhead ?? DEFAULT_KEYS_AHEAD;
  }

  /** Whether there is a thread now: after the first step, unless there can be none. */
  get hasThread(): boolean {
    return this.#worker !== undefined;
  }

  /** How many keys have been made ahead and wait to be asked for. */
  get keysReady(): number {
    return this.#ready.length;
  }

  /**
   * Takes a step. The bytes of `work` have to stay as they are until then, unless nobody wants the
   * result any more and its key is overwritten; that is not done here. `elapsed` of a key that was
   * made ahead is what it cost at that time.
   *
   * @returns rejects with a RangeError if the secret key is not one, and with an Error after `close`
   */
  perform(work: KeyWork): Promise<TimedKeyWorkResult> {
    if (this.#closing !== undefined) return Promise.reject(new Error('the key worker is closed'));
    const ready = work.type === 'create-key' ? this.#ready.shift() : undefined;
    if (ready !== undefined) {
      this.#makeAhead();
      return Promise.resolve(ready);
    }
    return new Promise((resolve, reject) => {
      const caller = { resolve, reject };
      const ahead = work.type === 'create-key' ? this.#jobAhead() : undefined;
      if (ahead === undefined) this.#start({ work, caller, isSecondTry: false });
      else ahead.caller = caller;
      this.#worker?.ref();
    });
  }

  /**
   * Ends the thread as soon as the steps that have been asked for are taken, and overwrites the keys
   * that were made ahead.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    if (this.#isAwaited()) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    for (const key of this.#ready.splice(0)) wipe(key);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #isAwaited(): boolean {
    for (const job of this.#jobs.values()) if (job.caller !== undefined) return true;
    return false;
  }

  #jobAhead(): Job | undefined {
    for (const job of this.#jobs.values()) if (job.caller === undefined) return job;
    return undefined;
  }

  #start(job: Job): void {
    const worker = this.#worker ?? this.#startWorker();
    if (worker === undefined) return finish(job, () => timedKeyWork(job.work));
    const id = ++this.#lastId;
    const request: KeyWorkRequest = { id, work: copyOf(job.work) };
    worker.postMessage(request, buffersOf(request.work));
    this.#jobs.set(id, job);
  }

  #startWorker(): Worker | undefined {
    if (this.#failures >= MAX_FAILURES) return undefined;
    try {
      const worker = new Worker(entry(), { name: 'btcp2p-keys', execArgv: [] });
      worker.unref();
      worker.on('message', (answer: KeyWorkAnswer) => this.#handleAnswer(answer));
      // An exit follows.
      worker.on('error', () => {});
      worker.on('exit', () => this.#handleExit());
      this.#worker = worker;
      return worker;
    } catch {
      this.#failures = MAX_FAILURES;
      return undefined;
    }
  }

  #handleAnswer(answer: KeyWorkAnswer): void {
    this.#failures = 0;
    const job = this.#jobs.get(answer.id);
    this.#jobs.delete(answer.id);
    if (job?.caller !== undefined) {
      finish(job, () => {
        if ('error' in answer) throw answer.error;
        return answer.result;
      });
    } else if ('result' in answer) {
      if (job === undefined || this.#closing !== undefined) wipe(answer.result);
      else this.#ready.push(answer.result);
    }
    this.#rest();
  }

  /** Others do what this one left undone. */
  #handleExit(): void {
    this.#worker = undefined;
    this.#failures++;
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of jobs) {
      if (job.caller === undefined) continue;
      if (isWiped(job.work)) finish(job, () => NOTHING);
      // This very step may be what they die of.
      else if (job.isSecondTry) finish(job, () => timedKeyWork(job.work));
      else this.#start({ ...job, isSecondTry: true });
    }
    this.#rest();
  }

  /** Looks whether there is still somebody waiting. */
  #rest(): void {
    if (this.#isAwaited()) {
      this.#worker?.ref();
      return;
    }
    this.#worker?.unref();
    this.#onIdle?.();
    this.#makeAhead();
  }

  /** One key at a time, so that no step waits for more than that. */
  #makeAhead(): void {
    if (this.#closing !== undefined || this.#worker === undefined || this.#jobs.size > 0) return;
    if (this.#ready.length >= this.#keysAhead) return;
    this.#start({ work: { type: 'create-key' }, caller: undefined, isSecondTry: false });
  }
}

/**
 * The file that the thread runs. It is JavaScript: where this module runs from its source, as in
 * tests, it is the one that was built last.
 */
function entry(): URL {
  const folder = import.meta.url.endsWith('.ts') ? '../dist/' : './';
  return new URL(`${folder}key-worker-entry.js`, import.meta.url);
}

/** What a session that was closed is told, which it does not hear. */
const NOTHING: TimedKeyWorkResult = { type: 'xdh', sharedX: new Uint8Array(32), elapsed: 0 };

/** Whether the session that asked was closed in the meantime, and has overwritten its key. */
function isWiped(work: KeyWork): boolean {
  return work.type === 'xdh' && work.secretKey.every((byte) => byte === 0);
}

function finish(job: Job, take: () => TimedKeyWorkResult): void {
  try {
    job.caller?.resolve(take());
  } catch (error) {
    job.caller?.reject(error);
  }
}

/** With buffers of its own, that may be moved to another thread. */
function copyOf(work: KeyWork): KeyWork {
  if (work.type === 'create-key') return work;
  const { type, secretKey, theirs } = work;
  return { type, secretKey: new Uint8Array(secretKey), theirs: new Uint8Array(theirs) };
}
