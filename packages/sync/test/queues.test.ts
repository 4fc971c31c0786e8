import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BitQueue } from '../src/bit-queue.ts';
import { COMPRESSED_HEADER_SIZE, CompressedHeaders } from '../src/compressed-headers.ts';

/** How many are pushed, then how many shifted, and so on. */
const steps = fc.array(fc.tuple(fc.nat(20_000), fc.nat(20_000)), { maxLength: 8 });

describe('BitQueue', () => {
  test('gives bits back in order, in one bit each', () => {
    fc.assert(
      fc.property(steps, fc.integer(), (plan, seed) => {
        const queue = new BitQueue();
        const bitAt = (i: number): number => (Math.imul(i ^ seed, 0x9e3779b1) >>> 13) & 1;
        let pushed = 0;
        let shifted = 0;
        for (const [more, fewer] of plan) {
          for (let i = 0; i < more; i++) queue.push(bitAt(pushed++));
          for (let i = 0; i < fewer && shifted < pushed; i++) {
            if (queue.shift() !== bitAt(shifted++)) throw new Error(`bit ${shifted - 1}`);
          }
          expect(queue.length).toBe(pushed - shifted);
          expect(queue.retainedBytes).toBeLessThanOrEqual(queue.length / 8 + 2 * 1_024);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('is empty at first, and after clear', () => {
    const queue = new BitQueue();
    expect(queue.shift()).toBeUndefined();
    for (let i = 0; i < 10_000; i++) queue.push(1);
    queue.clear();
    expect([queue.length, queue.retainedBytes, queue.shift()]).toEqual([0, 0, undefined]);
    queue.push(0);
    expect(queue.shift()).toBe(0);
  });
});

describe('CompressedHeaders', () => {
  /** A header of its own for each number. */
  const headerOf = (i: number): Uint8Array =>
    Uint8Array.from({ length: 80 }, (_, at) => Math.imul(i + 1, 2 * at + 1) >>> 5);

  test('gives whole headers back in order, at 48 bytes each', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_500), fc.nat(1_500)), { maxLength: 6 }), (plan) => {
        const queue = new CompressedHeaders();
        let pushed = 0;
        let shifted = 0;
        const target = new Uint8Array(80);
        for (const [more, fewer] of plan) {
          for (let i = 0; i < more; i++) queue.push(headerOf(pushed++));
          for (let i = 0; i < fewer && shifted < pushed; i++, shifted++) {
            const header = headerOf(shifted);
            queue.shiftInto(target, header.subarray(4, 36));
            if (Buffer.compare(target, header) !== 0) throw new Error(`header ${shifted}`);
          }
          expect(queue.length).toBe(pushed - shifted);
          const most = (queue.length + 2 * 512) * COMPRESSED_HEADER_SIZE;
          expect(queue.retainedBytes).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('refuses to give what it has not', () => {
    const queue = new CompressedHeaders();
    expect(() => queue.shiftInto(new Uint8Array(80), new Uint8Array(32))).toThrow('no header');
    queue.push(headerOf(1));
    queue.clear();
    expect([queue.length, queue.retainedBytes]).toEqual([0, 0]);
  });
});
