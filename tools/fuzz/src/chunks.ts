import { NOTHING } from './bytes.ts';
import type { Draw } from './draw.ts';

const GUARD = 8;
const GUARD_BYTE = 0xa5;

/** A chunk of a stream, as a socket would give it, but with bytes around it that must stay. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Whether the bytes around it are as they were. */
  isIntact(): boolean;
}

/** How a stream is cut. */
type Cutting = 'whole' | 'bytes' | 'small' | 'medium' | 'large' | 'mixed';

const LARGE = 200_000;

/** Cuts a stream in some way. Now and then a chunk is empty. */
export function* chunksOf(draw: Draw, stream: Uint8Array): Generator<Chunk> {
  const isLarge = stream.length > LARGE;
  const cutting = draw.weighted<Cutting>(
    isLarge
      ? { whole: 3, bytes: 0, small: 0, medium: 0, large: 3, mixed: 0 }
      : { whole: 2, bytes: stream.length < 6_000 ? 1 : 0, small: 1, medium: 3, large: 2, mixed: 3 },
  );
  for (let at = 0; at < stream.length; ) {
    if (draw.oneIn(50)) yield chunkOf(draw, NOTHING);
    const size = sizeOf(draw, cutting, stream.length);
    yield chunkOf(draw, stream.subarray(at, at + size));
    at += size;
  }
}

function sizeOf(draw: Draw, cutting: Cutting, length: number): number {
  switch (cutting) {
    case 'whole':
      return length;
    case 'bytes':
      return 1;
    case 'small':
      return draw.between(1, 40);
    case 'medium':
      return draw.between(1, 1_460);
    case 'large':
      return draw.between(1, 65_536);
    case 'mixed':
      return draw.oneIn(3) ? draw.between(1, 5_000) : draw.between(1, 24);
  }
}

/** A copy within a larger array, now and then as a Buffer. */
export function chunkOf(draw: Draw, bytes: Uint8Array): Chunk {
  const start = GUARD + draw.below(GUARD);
  const whole = new Uint8Array(start + bytes.length + GUARD).fill(GUARD_BYTE);
  whole.set(bytes, start);
  const view = whole.subarray(start, start + bytes.length);
  const isGuard = (byte: number): boolean => byte === GUARD_BYTE;
  return {
    bytes: draw.oneIn(8) ? Buffer.from(view.buffer, view.byteOffset, view.length) : view,
    isIntact: () =>
      whole.subarray(0, start).every(isGuard) && whole.subarray(start + bytes.length).every(isGuard),
  };
}
