import { closeSync, openSync } from 'node:fs';
import { obfuscate } from '../obfuscation.ts';
import { readFully } from './file-window.ts';
import { unfilled } from './record.ts';

/**
 * A part of a file that a scan has found before, no longer hidden, in a fresh array.
 *
 * @throws Error if the file has become shorter
 */
export function readBytesAt(path: string, key: Uint8Array, position: number, length: number): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const bytes = unfilled(length);
    if (readFully(fd, bytes, position) < length) throw new Error(`${path} has become shorter`);
    obfuscate(bytes, key, position);
    return bytes;
  } finally {
    closeSync(fd);
  }
}
