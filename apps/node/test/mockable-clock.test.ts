import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MockableClock } from '../src/mockable-clock.ts';

/** Clocks that a test turns. */
class Hands {
  steadyNow = 5_000;
  wallNow = 1_700_000_000_250;
  readonly steady = (): number => this.steadyNow;
  readonly wall = (): number => this.wallNow;

  pass(milliseconds: number): void {
    this.steadyNow += milliseconds;
    this.wallNow += milliseconds;
  }
}

let hands: Hands;
let clock: MockableClock;

beforeEach(() => {
  hands = new Hands();
  clock = new MockableClock(0, hands);
});

describe('a clock that the user may set', () => {
  test('untouched, it is the system’s', () => {
    expect(clock.now()).toEqual({ instant: 5_000, unix: 1_700_000_000 });
    hands.pass(900);
    expect(clock.now()).toEqual({ instant: 5_900, unix: 1_700_000_001 });
    expect(clock.isMocked).toBe(false);
  });

  test('set, it stands still, and jumps when it is set again', () => {
    clock.set(1_700_000_010);
    expect(clock.now()).toEqual({ instant: 14_750, unix: 1_700_000_010, steady: 5_000 });
    hands.pass(60_000);
    expect(clock.now()).toEqual({ instant: 14_750, unix: 1_700_000_010, steady: 65_000 });
    clock.set(1_700_000_013);
    expect(clock.now()).toMatchObject({ instant: 17_750, unix: 1_700_000_013 });
    expect(clock.mockTime).toBe(1_700_000_013);
    expect(clock.wallMilliseconds()).toBe(1_700_000_013_000);
  });

  test('set back, instants stay; forward from there, they jump', () => {
    clock.set(1_300_000_000);
    expect(clock.now()).toMatchObject({ instant: 5_000, unix: 1_300_000_000 });
    clock.set(1_300_000_600);
    expect(clock.now().instant).toBe(605_000);
  });

  test('after a time in the past, they go on with the system’s', () => {
    clock.set(1_300_000_000);
    hands.pass(2_000);
    clock.set(0);
    expect(clock.now()).toEqual({ instant: 7_000, unix: 1_700_000_002 });
    expect(clock.mockTime).toBe(0);
  });

  test('after a time in the future, they go on from where they are', () => {
    clock.set(1_700_003_600);
    const { instant } = clock.now();
    hands.pass(2_000);
    clock.set(0);
    expect(clock.now()).toEqual({ instant, unix: 1_700_000_002 });
    hands.pass(500);
    expect(clock.now().instant).toBe(instant + 500);
  });

  test('it may start set (-mocktime)', () => {
    const set = new MockableClock(1_300_000_000, hands);
    expect(set.now()).toEqual({ instant: 5_000, unix: 1_300_000_000, steady: 5_000 });
  });

  test('whatever the user does, nothing goes back but Unix time', () => {
    const step = fc.oneof(
      fc.record({ pass: fc.integer({ min: 0, max: 100_000 }) }),
      fc.record({ set: fc.oneof(fc.constant(0), fc.integer({ min: 1_699_990_000, max: 1_700_010_000 })) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const turned = new Hands();
        const subject = new MockableClock(0, turned);
        let before = subject.now();
        for (const each of steps) {
          if ('pass' in each) turned.pass(each.pass);
          else subject.set(each.set);
          const after = subject.now();
          expect(after.instant).toBeGreaterThanOrEqual(before.instant);
          expect(after.steady ?? after.instant).toBeGreaterThanOrEqual(before.steady ?? 0);
          if (subject.isMocked) expect(after.unix).toBe(subject.mockTime);
          before = after;
        }
      }),
    );
  });
});
