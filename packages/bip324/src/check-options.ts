import { MAX_GARBAGE_LEN } from './garbage.ts';
import { MAX_ENCODABLE_CONTENTS_LEN } from './packet-cipher.ts';
import type { SessionOptions } from './session-options.ts';

/** Throws RangeError if an option of a session is out of its range. */
export function checkOptions(options: SessionOptions): void {
  const { magic, garbageSize = 0, versionContents, maxContentsSize = 0 } = options;
  if (magic.length !== 4) throw new RangeError(`a magic of ${magic.length} bytes`);
  checkSize('garbageSize', garbageSize, MAX_GARBAGE_LEN);
  checkSize('maxContentsSize', maxContentsSize, MAX_ENCODABLE_CONTENTS_LEN);
  checkSize('versionContents', versionContents?.length ?? 0, MAX_ENCODABLE_CONTENTS_LEN);
}

function checkSize(name: string, size: number, max: number): void {
  if (Number.isInteger(size) && size >= 0 && size <= max) return;
  throw new RangeError(`${name}: ${size}, not from 0 to ${max}`);
}
