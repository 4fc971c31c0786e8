import { rmSync, writeFileSync } from 'node:fs';
import { NodeError, systemErrorText } from './node-error.ts';

/** A file with the id of this process, for scripts that watch over it. */
export interface PidFile {
  remove(): void;
}

/**
 * Writes the file (Core `CreatePidFile`, init.cpp).
 *
 * @throws NodeError `io`
 */
export function createPidFile(path: string): PidFile {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    throw new NodeError('io', `Unable to create the PID file '${path}': ${systemErrorText(error)}`, {
      cause: error,
    });
  }
  return { remove: () => rmSync(path, { force: true }) };
}
