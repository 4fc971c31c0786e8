import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: (() => void) | undefined;

/** Frees what nobody holds: tests that bound memory are to see what is held, and nothing else. */
function collectGarbage(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  // Array buffers are freed by a thread that the next collection waits for.
  gc();
  gc();
}

/** Bytes of array buffers, and of all else on the heap, that are in use after a collection. */
export function memoryHeld(): { readonly buffers: number; readonly heap: number } {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return { buffers: arrayBuffers, heap: heapUsed };
}

/**
 * What `make` allocates and holds, in bytes: the least of three times, since the engine's own work
 * (compiled code, for one) comes on top. Its result is kept alive until it has been measured.
 */
export function memoryOf(make: () => unknown): { readonly buffers: number; readonly heap: number } {
  let least = { buffers: Infinity, heap: Infinity };
  for (let i = 0; i < 3; i++) {
    const before = memoryHeld();
    const held = [make()];
    const after = memoryHeld();
    held.length = 0;
    const used = { buffers: after.buffers - before.buffers, heap: after.heap - before.heap };
    if (used.buffers + used.heap < least.buffers + least.heap) least = used;
  }
  return least;
}
