import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { blockFiles, describeWithData, headersFile, jsonFile } from '@btcp2p/testdata';
import { BlockView } from '@btcp2p/wire';
import {
  calculateSequenceLocks,
  evaluateSequenceLocks,
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
  SEQUENCE_LOCKTIME_GRANULARITY,
  SEQUENCE_LOCKTIME_MASK,
  SEQUENCE_LOCKTIME_TYPE_FLAG,
  sequenceLocks,
} from '../src/index.ts';
import { spend } from './support.ts';

/** Inputs of these sequence numbers. */
function spending(sequences: readonly number[], version = 2) {
  return { version, inputs: sequences.flatMap((sequence) => spend([1], {}, { sequence }).inputs) };
}

/** A block of this chain has its median time past 600 seconds after that of its parent. */
const medianTimePastAt = (height: number): number => 1_000_000 + 600 * height;
const never = (): never => {
  throw new Error('asked');
};

describe('until when sequence numbers lock', () => {
  test('blocks: from the one that has the coin', () => {
    expect(calculateSequenceLocks(spending([10]), [100], true, never)).toEqual({
      minHeight: 109,
      minTime: -1,
    });
    expect(calculateSequenceLocks(spending([0]), [100], true, never).minHeight).toBe(99);
    expect(calculateSequenceLocks(spending([0]), [0], true, never).minHeight).toBe(-1);
    // The latest of all inputs, and only 16 bits of each.
    expect(calculateSequenceLocks(spending([10, 1, 0x3f_0005]), [100, 110, 100], true, never)).toEqual(
      { minHeight: 110, minTime: -1 },
    );
  });

  test('time: from the median before the one that has the coin, in units of 512 seconds', () => {
    const locks = (sequence: number, height: number) =>
      calculateSequenceLocks(spending([sequence]), [height], true, medianTimePastAt);
    const flag = SEQUENCE_LOCKTIME_TYPE_FLAG;
    expect(locks(flag | 3, 100)).toEqual({
      minHeight: -1,
      minTime: 1_000_000 + 600 * 99 + 3 * 512 - 1,
    });
    // There is no block before genesis.
    expect(locks(flag, 0).minTime).toBe(999_999);
    expect(locks(flag, 1).minTime).toBe(999_999);
    // 65,535 units are more than a year, and do not wrap.
    expect(locks(flag | 0xffff, 0).minTime).toBe(1_000_000 + 65_535 * 512 - 1);
  });

  test('neither with the highest bit, below version 2, nor before BIP 68', () => {
    const free = { minHeight: -1, minTime: -1 };
    const locked = [5, SEQUENCE_LOCKTIME_TYPE_FLAG | 5];
    const disabled = locked.map((sequence) => (SEQUENCE_LOCKTIME_DISABLE_FLAG | sequence) >>> 0);
    const heights = [100, 100];
    expect(calculateSequenceLocks(spending([...disabled]), heights, true, never)).toEqual(free);
    expect(calculateSequenceLocks(spending(locked), heights, false, never)).toEqual(free);
    for (const version of [0, 1]) {
      expect(calculateSequenceLocks(spending(locked, version), heights, true, never)).toEqual(free);
    }
    // Versions are unsigned: these were negative once, and are locked.
    for (const version of [2, 3, 0x8000_0000, 0xffff_ffff]) {
      const locks = calculateSequenceLocks(spending(locked, version), heights, true, () => 7);
      expect(locks).toEqual({ minHeight: 104, minTime: 7 + 5 * 512 - 1 });
    }
  });

  test('and one height for each input is a must', () => {
    expect(() => calculateSequenceLocks(spending([1]), [], true, never)).toThrow(RangeError);
  });
});

test('the last height and time that are locked', () => {
  expect(evaluateSequenceLocks({ minHeight: 9, minTime: -1 }, 9, 0)).toBe(false);
  expect(evaluateSequenceLocks({ minHeight: 9, minTime: -1 }, 10, 0)).toBe(true);
  expect(evaluateSequenceLocks({ minHeight: -1, minTime: 50 }, 0, 50)).toBe(false);
  expect(evaluateSequenceLocks({ minHeight: -1, minTime: 50 }, 0, 51)).toBe(true);
  expect(evaluateSequenceLocks({ minHeight: -1, minTime: -1 }, 0, 0)).toBe(true);
});

// Core src/test/miner_tests.cpp, TestBasicMining: the same locks on a chain of 110 blocks.
describe('Core’s relative locks', () => {
  const tip = 110;
  const isFree = (sequence: number, coinHeight: number, height: number, add = 0): boolean =>
    sequenceLocks(spending([sequence]), [coinHeight], true, {
      height,
      medianTimePast: medianTimePastAt(height - 1) + add,
      medianTimePastAt,
    });

  test('in blocks: locked in the next one, free in the one after that', () => {
    const sequence = tip + 1;
    expect(isFree(sequence, 1, tip + 1)).toBe(false);
    expect(isFree(sequence, 1, tip + 2)).toBe(true);
  });

  test('in time: free 512 seconds later', () => {
    const past = medianTimePastAt(tip) + 1 - medianTimePastAt(1);
    const units = (past >> SEQUENCE_LOCKTIME_GRANULARITY) + 1;
    const sequence = SEQUENCE_LOCKTIME_TYPE_FLAG | units;
    expect(isFree(sequence, 2, tip + 1)).toBe(false);
    expect(isFree(sequence, 2, tip + 1, 512)).toBe(true);
  });

  test('of a coin of the next block, as in a mempool', () => {
    expect(isFree(0, tip + 1, tip + 1)).toBe(true);
    expect(isFree(1, tip + 1, tip + 1)).toBe(false);
    expect(isFree(SEQUENCE_LOCKTIME_TYPE_FLAG, tip + 1, tip + 1)).toBe(true);
    expect(isFree(SEQUENCE_LOCKTIME_TYPE_FLAG | 1, tip + 1, tip + 1)).toBe(false);
    // MAX_SEQUENCE_NONFINAL: the lock time counts, but nothing relative.
    expect(isFree(0xffff_fffe, tip + 1, tip + 1)).toBe(true);
  });
});

test('are met as by BIP 68 word by word', () => {
  // The first height and the first time at which each input may be spent, and no subtractions.
  const isSpendable = (
    sequences: readonly number[],
    heights: readonly number[],
    version: number,
    height: number,
    times: readonly number[],
  ): boolean =>
    version < 2 ||
    sequences.every((sequence, i) => {
      if (sequence >= 2 ** 31) return true;
      const count = sequence % 2 ** 16;
      const born = heights[i]!;
      if (Math.floor(sequence / 2 ** 22) % 2 === 0) return height >= born + count;
      return times[height - 1]! >= times[Math.max(born - 1, 0)]! + count * 512;
    });
  const sequence = fc.oneof(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 0, max: 12 }).map((count) => SEQUENCE_LOCKTIME_TYPE_FLAG | count),
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.integer({ min: 0, max: 12 }).map((count) => (SEQUENCE_LOCKTIME_DISABLE_FLAG | count) >>> 0),
    fc.integer({ min: 0, max: 0x7fff_ffff }).map((number) => (number & ~SEQUENCE_LOCKTIME_MASK) | 2),
  );
  const answers = { true: 0, false: 0 };
  const property = fc.property(
    fc.array(fc.tuple(sequence, fc.integer({ min: 0, max: 19 })), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(1, 2, 0xffff_ffff),
    fc.array(fc.integer({ min: 0, max: 1_200 }), { minLength: 20, maxLength: 20 }),
    (inputs, version, steps) => {
      const times: number[] = [];
      for (const step of steps) times.push((times.at(-1) ?? 0) + step);
      const height = times.length;
      const sequences = inputs.map(([number]) => number);
      const heights = inputs.map(([, born]) => born);
      const answer = sequenceLocks(spending(sequences, version), heights, true, {
        height,
        medianTimePast: times[height - 1]!,
        medianTimePastAt: (at) => times[at]!,
      });
      answers[`${answer}`]++;
      expect(answer).toBe(isSpendable(sequences, heights, version, height, times));
      // Reading the limits off the result: one block earlier or later.
      const locks = calculateSequenceLocks(spending(sequences, version), heights, true, (at) => times[at]!);
      expect(evaluateSequenceLocks(locks, locks.minHeight, 2 ** 40)).toBe(false);
      expect(evaluateSequenceLocks(locks, locks.minHeight + 1, 2 ** 40)).toBe(true);
      expect(evaluateSequenceLocks(locks, 2 ** 31, locks.minTime)).toBe(false);
      expect(evaluateSequenceLocks(locks, 2 ** 31, locks.minTime + 1)).toBe(true);
    },
  );
  fc.assert(property, { numRuns: 2_000 });
  expect(Math.min(answers.true, answers.false)).toBeGreaterThan(200);
});

describeWithData('real blocks after BIP 68', () => {
  type Meta = readonly [height: number, isCoinbase: 0 | 1, time: number];

  test('obey it, at real heights of coins', () => {
    let locked = 0;
    let locks = 0;
    for (const name of ['main-478558', 'main-757739', 'main-757753']) {
      const { bytes, height } = blockFiles().find((file) => file.name === name)!;
      const block = BlockView.of(bytes);
      const meta = jsonFile<Meta[]>(`blocks/${name}.prevouts-meta.json`);
      let at = 0;
      for (const transaction of block.transactions().slice(1)) {
        const coins = meta.slice(at, (at += transaction.inputs.length));
        const heights = coins.map(([born]) => born);
        // Of older blocks, any bound from below will do: the time of the coin's own block.
        const times = new Map(coins.map(([born, , time]) => [born - 1, time]));
        const context = {
          height,
          medianTimePast: block.header.time,
          medianTimePastAt: (asked: number) => times.get(asked)!,
        };
        expect(sequenceLocks(transaction, heights, true, context)).toBe(true);
        const { minHeight, minTime } = calculateSequenceLocks(
          transaction, heights, true, context.medianTimePastAt,
        );
        if (minHeight >= 0 || minTime >= 0) locks++;
        if (minHeight < 0) continue;
        // In the block where the youngest coin is from, one unit of waiting is too much.
        const waiting = transaction.inputs.map((input) => ({ ...input, sequence: 1 }));
        const youngest = Math.max(...heights);
        const early = { ...context, height: youngest };
        expect(sequenceLocks({ ...transaction, inputs: waiting }, heights, true, early)).toBe(false);
        locked++;
      }
      expect(at).toBe(meta.length);
    }
    expect(locks).toBeGreaterThan(0);
    expect(locked).toBeGreaterThan(0);
  });

  test('the medians come from a real chain as well', () => {
    const bytes = headersFile('mainnet_586657-589289');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const medianAt = (height: number): number => {
      const times = Array.from({ length: 11 }, (_, i) => view.getUint32(80 * (height - i) + 68, true));
      return times.toSorted((a, b) => a - b)[5]!;
    };
    // 10 units, 5,120 seconds, from a coin of the hundredth block on: find the first block of all.
    const transaction = spending([SEQUENCE_LOCKTIME_TYPE_FLAG | 10]);
    const isFree = (height: number): boolean =>
      sequenceLocks(transaction, [100], true, {
        height,
        medianTimePast: medianAt(height - 1),
        medianTimePastAt: medianAt,
      });
    let first = 101;
    while (!isFree(first)) first++;
    expect(medianAt(first - 1) - medianAt(99)).toBeGreaterThanOrEqual(5_120);
    expect(medianAt(first - 2) - medianAt(99)).toBeLessThan(5_120);
  });
});
