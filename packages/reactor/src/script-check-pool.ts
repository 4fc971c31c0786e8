import { isMainThread, Worker } from 'node:worker_threads';
import type { ScriptError, ScriptVerifyFlags } from '@btcp2p/script';
import type { BlockView, TxOut } from '@btcp2p/wire';
import { AddonGate } from './addon-gate.ts';
import { nativeVerifier, type VerifierSource } from './native-verifier.ts';
import { ScriptBatchChecker, type Spending } from './script-batch-checker.ts';
import { ScriptCheckBell } from './script-check-bell.ts';
import type { ScriptHelperData, ScriptHelperMessage } from './script-check-helper.ts';
import { type InputBatch, ScriptCheckMemory } from './script-check-memory.ts';

/** Inputs of a batch: some 0.6 ms, so that no thread waits longer than that for the last one. */
const BATCH_INPUTS = 8;

/** A block with fewer inputs is checked without waking anybody: some 1 ms. */
const SHARED_INPUTS = 16;

/** Inputs that become ready before helpers that sleep are woken. */
const RING_INPUTS = 16;

/**
 * How long no batch is finished before the owner does again what helpers have taken, milliseconds:
 * some are not dead, but have lost their processor to others.
 */
const TAKEOVER_MS = 5;

/** How long helpers have to leave a block that was given up, milliseconds. */
const LEAVE_MS = 20;

/** How long a helper has to end by itself, milliseconds. */
const CLOSE_MS = 1_000;

/** Memory for prevouts beyond this is let go after a block, bytes. */
const MAX_CHUNK_BYTES = 16 << 20;

/** Helpers that may die before those that do are not replaced any more. */
const MAX_DEATHS = 4;

/** An input whose scripts do not let it spend its output. */
export interface ScriptCheckFailure {
  /** Place in the block of the transaction, and the number of its input. */
  readonly transaction: number;
  readonly input: number;
  readonly error: ScriptError;
}

/** How a {@link ScriptCheckPool} works. */
export interface ScriptCheckPoolOptions {
  /** Threads beside the one that uses the pool; none by default. */
  readonly helpers?: number;
  /**
   * Whether threads may call native code. One that is not the main thread needs the gate of whoever
   * can end it, or all signatures are verified by WebAssembly. On the main thread there is one anyway.
   */
  readonly gate?: AddonGate;
  /** Another file for threads to run. @internal */
  readonly entry?: URL;
}

/** A transaction that was added. */
interface Added {
  readonly transaction: number;
  readonly prevouts: readonly TxOut[];
}

/** What {@link ScriptCheckPool.begin} was called with. */
interface Job {
  readonly block: BlockView;
  readonly flags: ScriptVerifyFlags;
  readonly added: Added[];
  inputs: number;
  /** How many of `added` helpers can see. */
  shared: number;
  /** Inputs that became ready since helpers were last woken. */
  quiet: number;
}

/**
 * Checks the scripts of blocks in several threads: the `ScriptChecker` of `@btcp2p/chainstate`.
 *
 * **Specification.** One thread owns it, and calls `begin`, `add` for each transaction but the
 * coinbase, in any order, and `finish`; none of these returns to the event loop. Inputs can be taken
 * by helpers as soon as they are added. `finish` takes part in the work, and returns the failure with
 * the lowest transaction and input, whichever was found first. Block and prevouts must not change
 * before it returns.
 *
 * A helper that dies or hangs costs time only: when nothing else is left and no batch was finished for
 * 5 ms, the owner checks again what helpers have taken, and who is first counts.
 *
 * **Rationale.** Threads share memory: messages need the event loop, which the owner does not get back
 * to, and copies of what is sent. The work is given out by counters in that memory, in batches of at
 * most 8 inputs of one transaction, and a thread decodes a transaction once for all its batches.
 */
export class ScriptCheckPool {
  /** Who verifies signatures in the owner's thread. */
  readonly source: VerifierSource;
  readonly #checker: ScriptBatchChecker;
  readonly #gate: AddonGate | undefined;
  readonly #ownGate: AddonGate | undefined;
  readonly #entry: URL;
  readonly #bell: ScriptCheckBell;
  readonly #helpers: (Worker | undefined)[] = [];
  #memory: ScriptCheckMemory | undefined;
  #generation = 0;
  #sentChunks = 0;
  #job: Job | undefined;
  #deaths = 0;
  #closing: Promise<void> | undefined;

  constructor({ helpers = 0, gate, entry = helperEntry() }: ScriptCheckPoolOptions = {}) {
    const { source, verifier } = nativeVerifier(gate);
    this.source = source;
    this.#checker = new ScriptBatchChecker(verifier);
    if (gate === undefined && isMainThread && helpers > 0) this.#ownGate = new AddonGate();
    this.#gate = gate ?? this.#ownGate;
    this.#gate?.closeAtExit();
    this.#entry = entry;
    this.#bell = ScriptCheckBell.forHelpers(helpers);
    for (let helper = 0; helper < helpers; helper++) this.#start(helper);
  }

  /** Helpers that are running. */
  get helpers(): number {
    if (this.#closing !== undefined) return 0;
    return this.#helpers.filter((worker) => worker !== undefined).length;
  }

  /** Batches that helpers could take now, and have not. @internal */
  get waiting(): number {
    return this.#job !== undefined && this.#job.shared > 0 ? this.#memory!.waiting : 0;
  }

  /** Starts a block. One that was not finished is forgotten. */
  begin(block: BlockView, flags: ScriptVerifyFlags): void {
    this.#bell.close();
    this.#checker.reset();
    this.#job = { block, flags, added: [], inputs: 0, shared: 0, quiet: 0 };
  }

  /**
   * Adds a transaction of the block, once.
   *
   * @param prevouts the outputs that its inputs spend, in order
   */
  add(transaction: number, prevouts: readonly TxOut[]): void {
    const job = this.#requireJob();
    job.added.push({ transaction, prevouts });
    job.inputs += prevouts.length;
    if (this.#isShared(job)) this.#share(job);
  }

  /**
   * Waits until all inputs are checked.
   *
   * @throws RangeError if a transaction does not have as many inputs as it had prevouts
   */
  finish(): ScriptCheckFailure | undefined {
    const job = this.#requireJob();
    this.#job = undefined;
    try {
      return job.shared > 0 ? this.#finishShared(job, this.#memory!) : this.#checkAlone(job, 0);
    } finally {
      this.#bell.close();
      this.#checker.reset();
    }
  }

  /**
   * Ends the helpers, after the batch that they are at. Without it they end with the process, and keep
   * nothing alive until then. One that hangs is ended by force after a second, behind a closed gate.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    this.#bell.stop();
    await Promise.all(this.#helpers.map((worker) => this.#endWorker(worker)));
    this.#ownGate?.close();
  }

  async #endWorker(worker: Worker | undefined): Promise<void> {
    if (worker === undefined) return;
    const exit = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    const timer = setTimeout(() => {
      this.#gate?.close();
      void worker.terminate();
    }, CLOSE_MS);
    await exit;
    clearTimeout(timer);
  }

  #requireJob(): Job {
    if (this.#job === undefined) throw new Error('no block has begun');
    return this.#job;
  }

  // Alone.

  /** Checks what was added from some place on, in block order. */
  #checkAlone({ block, flags, added }: Job, from: number): ScriptCheckFailure | undefined {
    const order = added.slice(from).sort((a, b) => a.transaction - b.transaction);
    for (const [entry, { transaction, prevouts }] of order.entries()) {
      const batch = { entry: from + entry, first: 0, count: prevouts.length };
      const load = (): Spending => ({ transaction: block.transaction(transaction), prevouts });
      const failure = this.#checker.check(batch, flags, load);
      if (failure !== undefined) return { transaction, ...failure };
    }
    return undefined;
  }

  // With helpers.

  /** Whether helpers can be of use for a block. */
  #isShared({ block, inputs, shared }: Job): boolean {
    if (shared > 0) return true;
    return inputs >= SHARED_INPUTS && this.helpers > 0 &&
      ScriptCheckMemory.fits(block.size, block.transactionCount);
  }

  /** Makes ready what helpers cannot see yet. */
  #share(job: Job): void {
    if (job.shared === 0) this.#openMemory(job);
    const memory = this.#memory!;
    while (job.shared < job.added.length) {
      const { transaction, prevouts } = job.added[job.shared]!;
      const batches = batchesOf(job.shared, prevouts.length);
      if (!memory.hasRoom(batches.length)) return;
      const bytes = job.block.transactionBytes(transaction);
      const start = bytes.byteOffset - job.block.bytes.byteOffset;
      memory.addTransaction({ transaction, start, end: start + bytes.length }, prevouts);
      this.#sendChunks(memory);
      memory.addBatches(batches);
      job.shared++;
      job.quiet += prevouts.length;
    }
    if (job.quiet < RING_INPUTS) return;
    job.quiet = 0;
    this.#bell.ring();
  }

  /** Memory that nobody reads, for a block. */
  #openMemory({ block, flags }: Job): void {
    const old = this.#memory;
    if (old === undefined || old.chunkBytes > MAX_CHUNK_BYTES || !this.#areIdle()) {
      this.#memory = new ScriptCheckMemory();
      this.#sentChunks = 0;
      this.#generation = this.#bell.generation + 1;
      for (const worker of this.#helpers) this.#sendMemory(worker);
      this.#bell.setGeneration(this.#generation);
    }
    this.#memory!.reset(block.bytes, flags);
    this.#bell.open();
  }

  /** Whether all helpers have left the last block, or do so in a moment. */
  #areIdle(): boolean {
    return this.#helpers.every((worker, helper) =>
      worker === undefined || this.#bell.waitIdle(helper, this.#generation, LEAVE_MS));
  }

  #sendMemory(worker: Worker | undefined): void {
    if (this.#memory === undefined) return;
    const { memory, chunks } = this.#memory;
    send(worker, { type: 'memory', generation: this.#generation, memory, chunks });
  }

  #sendChunks({ chunks }: ScriptCheckMemory): void {
    for (; this.#sentChunks < chunks.length; this.#sentChunks++) {
      const chunk = chunks[this.#sentChunks]!;
      for (const worker of this.#helpers) {
        send(worker, { type: 'chunk', generation: this.#generation, chunk });
      }
    }
  }

  #finishShared(job: Job, memory: ScriptCheckMemory): ScriptCheckFailure | undefined {
    if (memory.waiting > 1) this.#bell.ring();
    for (let number = memory.take(); number >= 0; number = memory.take()) {
      this.#check(job, memory, number);
    }
    // What had no room, which takes a block that is not valid.
    const rest = this.#checkAlone(job, job.shared);
    this.#checker.reset();
    let done = memory.done;
    for (let next = memory.firstUndone(0); next < memory.ready; next = memory.firstUndone(next)) {
      memory.waitDone(done, TAKEOVER_MS);
      if (memory.done === done && !memory.isDone(next)) this.#check(job, memory, next);
      done = memory.done;
    }
    return earlier(memory.failure(), rest);
  }

  #check({ block, added }: Job, memory: ScriptCheckMemory, number: number): void {
    if (memory.isBehindFailure(number)) return memory.complete(number, undefined);
    const load = (entry: number): Spending => {
      const { transaction, prevouts } = added[entry]!;
      return { transaction: block.transaction(transaction), prevouts };
    };
    memory.complete(number, this.#checker.check(memory.batch(number), memory.flags, load));
  }

  // Threads.

  #start(helper: number): void {
    this.#bell.setIdle(helper);
    const data: ScriptHelperData = { bell: this.#bell.memory, gate: this.#gate?.memory, helper };
    let worker: Worker;
    try {
      worker = new Worker(this.#entry, { name: 'btcp2p-script', execArgv: [], workerData: data });
    } catch {
      // Where there are no threads, the owner does it all.
      this.#helpers[helper] = undefined;
      return;
    }
    worker.unref();
    // An exit follows.
    worker.on('error', () => {});
    worker.on('exit', () => this.#handleExit(helper));
    this.#helpers[helper] = worker;
    this.#sendMemory(worker);
  }

  #handleExit(helper: number): void {
    this.#helpers[helper] = undefined;
    if (this.#closing !== undefined || ++this.#deaths > MAX_DEATHS) return;
    this.#start(helper);
  }
}

/** The inputs of a transaction in batches. */
function batchesOf(entry: number, inputs: number): InputBatch[] {
  const batches: InputBatch[] = [];
  for (let first = 0; first < inputs; first += BATCH_INPUTS) {
    batches.push({ entry, first, count: Math.min(BATCH_INPUTS, inputs - first) });
  }
  return batches;
}

function earlier(
  a: ScriptCheckFailure | undefined, b: ScriptCheckFailure | undefined,
): ScriptCheckFailure | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.transaction < b.transaction ? a : b;
}

function send(worker: Worker | undefined, message: ScriptHelperMessage): void {
  worker?.postMessage(message, []);
}

/**
 * The file that the threads run. It is JavaScript: where this module runs from its source, as in
 * tests, it is the one that was built last.
 */
function helperEntry(): URL {
  const folder = import.meta.url.endsWith('.ts') ? '../dist/' : './';
  return new URL(`${folder}script-check-worker.js`, import.meta.url);
}
