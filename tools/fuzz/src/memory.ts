import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FuzzFailure } from './failure.ts';

let collect: (() => void) | undefined;

/** Frees what nobody holds. */
function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // Array buffers are freed by a thread that the next collection waits for.
  collect();
  collect();
}

/** Bytes of array buffers, whether anybody still holds them or not. It takes 10 µs. */
export function arrayBufferBytes(): number {
  return process.memoryUsage().arrayBuffers;
}

/**
 * Fails if array buffers have grown by more than a limit. Only if it seems so is garbage collected.
 *
 * @param before what {@link arrayBufferBytes} was
 */
export function checkMemory(before: number, limit: number, what: string): void {
  if (arrayBufferBytes() - before <= limit) return;
  collectGarbage();
  const grown = arrayBufferBytes() - before;
  if (grown > limit) throw new FuzzFailure('memory', `${what}: ${grown} bytes more, of ${limit}`);
}
