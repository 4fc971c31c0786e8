import { ChainQueryError, SHUTTING_DOWN } from './chain-query-error.ts';

/**
 * Work in pieces: whoever has it done does other things between two of them, so that the chain may
 * change meanwhile. It is to be done to its end, or left by `return`.
 */
export type Piecemeal<T> = Generator<void, T, undefined>;

/** Whether a value is work that is still to be done. */
export function isPiecemeal(value: unknown): value is Piecemeal<unknown> {
  return typeof (value as Partial<Piecemeal<unknown>> | undefined)?.return === 'function';
}

/** How long to work at once, in milliseconds. */
const SLICE_MS = 20;

/** All work in pieces that is under way: each gets its turn. */
export class PiecemealWork {
  readonly #all: { readonly work: Piecemeal<unknown>; readonly done: (work: () => unknown) => void }[] =
    [];
  #isScheduled = false;
  readonly #attempt: (turn: () => void) => void;
  readonly #interrupted: () => boolean;

  /**
   * @param attempt has a turn, whatever it throws
   * @param interrupted whether to leave all work, because the process is to end
   */
  constructor(attempt: (turn: () => void) => void, interrupted: () => boolean) {
    this.#attempt = attempt;
    this.#interrupted = interrupted;
  }

  /** @param done called once, with what gives the result or throws what the work threw */
  add<T>(work: Piecemeal<T>, done: (result: () => T) => void): void {
    this.#all.push({ work, done: done as (result: () => unknown) => void });
    this.#schedule();
  }

  /** Leaves all that is under way. */
  close(): void {
    for (const { work } of this.#all.splice(0)) work.return(undefined);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#all.length === 0) return;
    this.#isScheduled = true;
    // What has come meanwhile goes first.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#attempt(() => this.#turn());
      this.#schedule();
    });
  }

  #turn(): void {
    const first = this.#all.shift();
    if (first === undefined) return;
    const end = performance.now() + SLICE_MS;
    try {
      for (;;) {
        if (this.#interrupted()) throw new ChainQueryError(SHUTTING_DOWN);
        const { done, value } = first.work.next();
        if (done === true) return first.done(() => value);
        if (performance.now() >= end) break;
      }
    } catch (error) {
      first.work.return(undefined);
      return first.done(() => {
        throw error;
      });
    }
    this.#all.push(first);
  }
}
