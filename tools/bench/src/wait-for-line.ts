import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks at the file. */
const INTERVAL_MS = 10;

/**
 * Reads a log as it grows, from its start, until a line matches.
 *
 * @param isAlive whether there may be more
 * @returns undefined once there will not be
 */
export async function waitForLine(
  file: string,
  pattern: RegExp,
  isAlive: () => boolean,
): Promise<RegExpExecArray | undefined> {
  let descriptor: number | undefined;
  const buffer = Buffer.alloc(1 << 20);
  let rest = '';
  try {
    for (;;) {
      const isLast = !isAlive();
      descriptor ??= open(file);
      for (;;) {
        const read = descriptor === undefined ? 0 : readSync(descriptor, buffer);
        if (read === 0) break;
        const text = rest + buffer.toString('utf8', 0, read);
        const end = text.lastIndexOf('\n') + 1;
        const match = pattern.exec(text.slice(0, end));
        if (match !== null) return match;
        rest = text.slice(end);
      }
      if (isLast) return undefined;
      await sleep(INTERVAL_MS);
    }
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function open(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch {
    // It is not there yet.
    return undefined;
  }
}
