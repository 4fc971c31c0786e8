// Words of the shared memory.
const SIGNAL = 0;
const OPEN = 1;
const STOPPED = 2;
const GENERATION = 3;
const JOB = 4;
const FIRST_HELPER = 5;

/**
 * What the threads of a `ScriptCheckPool` tell each other while they wait: whether there is work, in
 * which memory, and which helper is busy with it.
 *
 * The owner changes memory that helpers read only when {@link close} was followed by all of them being
 * idle. A helper says that it is busy before it looks whether the work is open, and the owner closes
 * it before it looks who is busy: one of the two sees the other.
 */
export class ScriptCheckBell {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  static forHelpers(count: number): ScriptCheckBell {
    return new ScriptCheckBell(new SharedArrayBuffer(4 * (FIRST_HELPER + count)));
  }

  /** Grows with each {@link ring}. */
  get signal(): number {
    return Atomics.load(this.#words, SIGNAL);
  }

  get isOpen(): boolean {
    return Atomics.load(this.#words, OPEN) !== 0;
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, STOPPED) !== 0;
  }

  /** Grows whenever the owner takes other memory. */
  get generation(): number {
    return Atomics.load(this.#words, GENERATION);
  }

  /** Grows with each block whose inputs are shared. */
  get job(): number {
    return Atomics.load(this.#words, JOB);
  }

  /** Wakes the helpers. */
  ring(): void {
    Atomics.add(this.#words, SIGNAL, 1);
    Atomics.notify(this.#words, SIGNAL);
  }

  /** Waits until the bell is rung, unless it has been since `signal` was read. */
  wait(signal: number): void {
    Atomics.wait(this.#words, SIGNAL, signal);
  }

  open(): void {
    Atomics.add(this.#words, JOB, 1);
    Atomics.store(this.#words, OPEN, 1);
  }

  close(): void {
    Atomics.store(this.#words, OPEN, 0);
  }

  stop(): void {
    this.close();
    Atomics.store(this.#words, STOPPED, 1);
    this.ring();
  }

  setGeneration(generation: number): void {
    Atomics.store(this.#words, GENERATION, generation);
  }

  /** A helper reads memory of this generation from now on. */
  setBusy(helper: number, generation: number): void {
    Atomics.store(this.#words, FIRST_HELPER + helper, generation);
  }

  setIdle(helper: number): void {
    Atomics.store(this.#words, FIRST_HELPER + helper, 0);
    Atomics.notify(this.#words, FIRST_HELPER + helper);
  }

  /**
   * Waits until a helper reads memory of this generation no more.
   *
   * @returns false if it still does after `timeout` milliseconds
   */
  waitIdle(helper: number, generation: number, timeout: number): boolean {
    const word = FIRST_HELPER + helper;
    if (Atomics.load(this.#words, word) !== generation) return true;
    return Atomics.wait(this.#words, word, generation, timeout) !== 'timed-out';
  }
}
