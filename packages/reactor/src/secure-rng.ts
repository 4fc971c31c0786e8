import { randomFillSync } from 'node:crypto';
import type { Rng } from '@btcp2p/machine';

/** Bytes drawn from the system at a time: one call costs about as much for 8 bytes as for 1,000. */
const POOL_SIZE = 4_096;
const TWO_53 = 2 ** 53;

/**
 * Randomness fit for secrets, from the system (`node:crypto`), drawn in batches. Bytes that have
 * been handed out are wiped from the batch.
 */
export const secureRng: Rng = {
  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    if (length > POOL_SIZE / 4) return randomFillSync(out);
    const start = take(length);
    out.set(pool.subarray(start, start + length));
    pool.fill(0, start, start + length);
    return out;
  },
  u64(): bigint {
    const start = take(8);
    const value = view.getBigUint64(start);
    view.setBigUint64(start, 0n);
    return value;
  },
  below(limit: number): number {
    if (limit !== TWO_53 && (!Number.isSafeInteger(limit) || limit < 1)) {
      throw new RangeError(`limit must be a whole number from 1 to 2^53, got ${limit}`);
    }
    // Draws in the last, incomplete multiple of the limit are thrown away, or low results would
    // be likelier than high ones.
    const end = TWO_53 - (TWO_53 % limit);
    for (;;) {
      const draw = u53();
      if (draw < end) return draw % limit;
    }
  },
  /** Itself: every draw is independent of every other anyway. */
  fork: () => secureRng,
};

const pool = new Uint8Array(POOL_SIZE);
const view = new DataView(pool.buffer);
let next = POOL_SIZE;

/** Where that many unused bytes start in the pool. */
function take(length: number): number {
  if (next + length > POOL_SIZE) {
    randomFillSync(pool);
    next = 0;
  }
  const start = next;
  next += length;
  return start;
}

function u53(): number {
  const start = take(8);
  const value = (view.getUint32(start) >>> 11) * 2 ** 32 + view.getUint32(start + 4);
  view.setBigUint64(start, 0n);
  return value;
}
