import { describe, expect, test } from '@jest/globals';
import { array, assert, double, property } from 'fast-check';
import { quartiles } from '../src/statistics.ts';
import {
  gigabytesPerSecond, microsecondsEach, milliseconds, perSecond, ratioOf,
} from '../src/unit.ts';

describe('quartiles', () => {
  test('an odd number of values, in any order', () => {
    expect(quartiles([5, 1, 4, 2, 3])).toEqual({ lower: 2, median: 3, upper: 4 });
  });

  test('an even number: between the two in the middle', () => {
    expect(quartiles([4, 1, 3, 2])).toEqual({ lower: 1.75, median: 2.5, upper: 3.25 });
  });

  test('numbers are not ordered as text', () => {
    expect(quartiles([100, 9, 20]).median).toBe(20);
  });

  test('one value, and none', () => {
    expect(quartiles([7])).toEqual({ lower: 7, median: 7, upper: 7 });
    expect(() => quartiles([])).toThrow(RangeError);
  });

  test('as many values lie below the median as above it', () => {
    const numbers = double({ noNaN: true, min: -1e9, max: 1e9 });
    assert(
      property(array(numbers, { minLength: 1 }), (values) => {
        const { lower, median, upper } = quartiles(values);
        const below = values.filter((value) => value < median).length;
        const above = values.filter((value) => value > median).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
        expect(lower).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(upper);
      }),
    );
  });

  test('one outlier does not move the median', () => {
    expect(quartiles([10, 11, 10_000, 10, 11]).median).toBe(11);
  });
});

describe('units', () => {
  test('what an iteration of 2 ms is', () => {
    expect(milliseconds.of(0.002)).toBeCloseTo(2);
    expect(microsecondsEach('ping', 4).of(0.002)).toBeCloseTo(500);
    expect(perSecond('headers', 100).of(0.002)).toBeCloseTo(50_000);
    expect(gigabytesPerSecond(1_000_000).of(0.002)).toBeCloseTo(0.5);
  });

  test('a ratio above 1 means that ours is better, whichever way the unit goes', () => {
    expect(ratioOf(milliseconds, 2, 10)).toBe(5);
    expect(ratioOf(milliseconds, 10, 2)).toBe(0.2);
    expect(ratioOf(perSecond('headers', 1), 10, 2)).toBe(5);
    expect(ratioOf(perSecond('headers', 1), 2, 10)).toBe(0.2);
  });

  test('both ways tell the same of the same times', () => {
    const throughput = perSecond('blocks', 7);
    const [ours, rival] = [0.25, 0.75];
    expect(ratioOf(throughput, throughput.of(ours), throughput.of(rival))).toBeCloseTo(
      ratioOf(milliseconds, milliseconds.of(ours), milliseconds.of(rival)),
    );
  });
});
