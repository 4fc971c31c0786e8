/** What a queue does with work: it is not told how it ends. */
export type Work = () => Promise<void>;

/**
 * Does so many things at a time and lets so many wait, as Core's worker threads and their queue do
 * (`WorkQueue`, httpserver.cpp).
 */
export class WorkQueue {
  readonly #threads: number;
  readonly #depth: number;
  readonly #waiting: Work[] = [];
  #running = 0;

  constructor(threads: number, depth: number) {
    this.#threads = threads;
    this.#depth = depth;
  }

  /** Does the work as soon as others are done; false: too much is waiting, and this is not taken. */
  add(work: Work): boolean {
    if (this.#running < this.#threads) void this.#run(work);
    else if (this.#waiting.length < this.#depth) this.#waiting.push(work);
    else return false;
    return true;
  }

  async #run(first: Work): Promise<void> {
    this.#running++;
    try {
      for (let work: Work | undefined = first; work !== undefined; work = this.#waiting.shift()) {
        await work();
      }
    } finally {
      this.#running--;
    }
  }
}
