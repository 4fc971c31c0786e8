/**
 * Collects the garbage among young objects now, so that nobody pays in a sample for what another
 * left. Does nothing in a process that was not started with `--expose-gc`, as main.ts starts it.
 *
 * A collection of everything would be too much: V8 then also lets go of what it knows of code that
 * does not run at the moment, and samples after it took up to twice as long. (Node.js 20 collects
 * young objects only as soon as there are options, even if they ask for more.)
 */
export function collectGarbage(): void {
  globalThis.gc?.({ type: 'minor', execution: 'sync' });
}

/** Collects all garbage, and returns when its memory is free. For figures of memory, not of time. */
export function collectAllGarbage(): void {
  // What is found is freed in another thread, and the second collection waits for that.
  globalThis.gc?.();
  globalThis.gc?.();
}
