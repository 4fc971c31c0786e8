import { setImmediate } from 'node:timers/promises';

/** How long to work without giving others a turn, in milliseconds. */
const SLICE_MS = 10;

/** Lets others work now and then while something takes long. */
export class Turns {
  #end = performance.now() + SLICE_MS;

  /** Whether it is time to {@link pass}. */
  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Lets others work. */
  async pass(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + SLICE_MS;
  }
}
