import { concat } from './bytes.ts';
import type { Draw } from './draw.ts';

/** Bytes that something happened to, and what. */
export interface Mutated {
  readonly bytes: Uint8Array;
  readonly what: string;
}

const HOW = {
  flip: 6, overwrite: 2, delete: 3, insert: 3, truncate: 2, duplicate: 2, swap: 2, splice: 2,
  replay: 2, zero: 1,
} as const;

/**
 * Does one thing to bytes.
 *
 * @param marks where something begins or ends: often it is done there
 * @param other where spliced bytes are from
 */
export function mutate(
  draw: Draw,
  bytes: Uint8Array,
  marks: readonly number[],
  other: Uint8Array,
): Mutated {
  const how = draw.weighted(HOW);
  const at = placeIn(draw, bytes.length, marks);
  const size = rangeFrom(draw, bytes.length, at, marks);
  const made = apply(draw, how, { bytes, at, size, marks, other });
  return { bytes: made, what: `${how} ${size} at ${at} of ${bytes.length}` };
}

interface Place {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly size: number;
  readonly marks: readonly number[];
  readonly other: Uint8Array;
}

function apply(draw: Draw, how: keyof typeof HOW, place: Place): Uint8Array {
  const { bytes, at, size, marks, other } = place;
  const before = bytes.subarray(0, at);
  const range = bytes.subarray(at, at + size);
  const after = bytes.subarray(at + size);
  switch (how) {
    case 'flip':
      return flipped(draw, bytes, at);
    case 'overwrite':
      return concat([before, draw.bytes(size), after]);
    case 'zero':
      return concat([before, new Uint8Array(size), after]);
    case 'delete':
      return concat([before, after]);
    case 'insert':
      return concat([before, draw.bytes(draw.size(5_000, [1, 3, 16, 20])), range, after]);
    case 'truncate':
      return before.slice();
    case 'duplicate':
      return concat([before, range, range, after]);
    case 'swap': {
      const next = rangeFrom(draw, bytes.length, at + size, marks);
      return concat([before, after.subarray(0, next), range, after.subarray(next)]);
    }
    case 'splice': {
      const from = placeIn(draw, other.length, marks);
      const length = rangeFrom(draw, other.length, from, marks);
      const spliced = other.subarray(from, from + length);
      return concat([before, spliced, draw.oneIn(2) ? after : bytes.subarray(at)]);
    }
    case 'replay': {
      const from = placeIn(draw, at, marks);
      return concat([before, bytes.subarray(from, at), range, after]);
    }
  }
}

function flipped(draw: Draw, bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  if (at < copy.length) copy[at]! ^= 1 << draw.below(8);
  return copy;
}

/** 0 to `length`: at a mark, near one, or anywhere. */
function placeIn(draw: Draw, length: number, marks: readonly number[]): number {
  if (marks.length === 0 || draw.oneIn(3)) return draw.below(length + 1);
  const near = draw.oneIn(2) ? 0 : draw.between(-3, 3);
  return Math.max(0, Math.min(length, draw.pick(marks) + near));
}

/** How much from a place on: up to a later mark, or any number. */
function rangeFrom(draw: Draw, length: number, at: number, marks: readonly number[]): number {
  const later = marks.filter((mark) => mark > at && mark <= length);
  if (later.length > 0 && draw.oneIn(2)) return later[draw.size(later.length - 1)]! - at;
  return draw.size(length - at, [1, 2, 3, 16, 20]);
}
