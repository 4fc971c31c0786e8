import { operationEnd } from './operation-end.ts';

/**
 * A script without the occurrences of some bytes that start where an operation starts (Core
 * `FindAndDelete`, script/interpreter.cpp). The script itself, not a copy, if there are none.
 *
 * After a deletion the search goes on right behind it, so that deletions may follow one another; a
 * push that runs past the end ends the search.
 */
export function findAndDelete(script: Uint8Array, pattern: Uint8Array): Uint8Array {
  const { length } = pattern;
  if (length === 0 || length > script.length) return script;
  let kept: Uint8Array | undefined;
  let keptLength = 0;
  let copied = 0;
  for (let at = 0; at >= 0 && at <= script.length - length; ) {
    if (!startsWith(script, at, pattern)) {
      at = operationEnd(script, at);
      continue;
    }
    kept ??= new Uint8Array(script.length);
    kept.set(script.subarray(copied, at), keptLength);
    keptLength += at - copied;
    at += length;
    copied = at;
  }
  if (kept === undefined) return script;
  kept.set(script.subarray(copied), keptLength);
  return kept.subarray(0, keptLength + script.length - copied);
}

function startsWith(script: Uint8Array, at: number, pattern: Uint8Array): boolean {
  for (let i = 0; i < pattern.length; i++) if (script[at + i] !== pattern[i]) return false;
  return true;
}
