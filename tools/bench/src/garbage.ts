/**
 * Collects all garbage now, so that nobody pays in a sample for what another left: neither by a
 * collection of his own nor by one that goes on in the background. Does nothing in a process that
 * was not started with `--expose-gc`, as main.ts starts it.
 */
export function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync' });
}
