// Words of the shared memory.
const CLOSED = 0;
const INSIDE = 1;
const BYTES = 8;

/** How long {@link AddonGate.close} waits for one that is inside, milliseconds. A call takes 0.1. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Keeps threads out of a native addon when they are about to be ended.
 *
 * **Why.** A call of Node-API that starts after its thread was told to end (`worker.terminate()`, or
 * `process.exit()` in a thread above it) fails inside of the addon. Addons in C++ throw then, and
 * with nobody to catch that the process aborts; or the order to end is swallowed, and the thread goes
 * on for ever. Both were seen with `secp256k1` 5.0.2 at most attempts, in each of its functions, and
 * the second with `koffi` too.
 *
 * **Specification.** A thread that is not the main one calls the addon between {@link enter}, if that
 * is true, and {@link leave}. Whoever ends threads calls {@link close} before: when it returns nobody
 * is inside, and nobody gets in any more. What `process.exit()`, an uncaught error or the end of all
 * work do is preceded by `exit` events, for which there is {@link closeAtExit}. Signals that kill the
 * process do no harm. The main thread needs no gate, being ended by nobody else.
 */
export class AddonGate {
  /** What another thread makes its gate of: `workerData` can hold it. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #close = (): void => this.close();

  /** A new gate, or that of another thread. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, CLOSED) !== 0;
  }

  /** Whether the addon may be called. If so, {@link leave} has to follow. */
  enter(): boolean {
    Atomics.add(this.#words, INSIDE, 1);
    if (!this.isClosed) return true;
    this.leave();
    return false;
  }

  leave(): void {
    const before = Atomics.sub(this.#words, INSIDE, 1);
    if (before === 1 && this.isClosed) Atomics.notify(this.#words, INSIDE);
  }

  /** Closes it for good, and waits until nobody is inside: some 0.1 ms. */
  close(): void {
    process.off('exit', this.#close);
    Atomics.store(this.#words, CLOSED, 1);
    const end = performance.now() + CLOSE_TIMEOUT_MS;
    for (;;) {
      const inside = Atomics.load(this.#words, INSIDE);
      const left = end - performance.now();
      if (inside === 0 || left <= 0) return;
      Atomics.wait(this.#words, INSIDE, inside, left);
    }
  }

  /** Closes it when this thread ends by itself, and with it all threads that it has started. */
  closeAtExit(): void {
    process.off('exit', this.#close);
    process.once('exit', this.#close);
  }
}
