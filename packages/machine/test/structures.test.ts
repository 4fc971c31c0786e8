import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { HOUR, MINUTE, Outbox, PeerIds, SECOND, Timers } from '../src/index.ts';

describe('Outbox', () => {
  test('is a queue', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer())), (steps) => {
        const outbox = new Outbox<number>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === null) {
            expect(outbox.poll()).toBe(model.shift());
          } else {
            outbox.push(step);
            model.push(step);
          }
          expect(outbox.length).toBe(model.length);
        }
        while (model.length > 0) expect(outbox.poll()).toBe(model.shift());
        expect(outbox.poll()).toBeUndefined();
        expect(outbox.length).toBe(0);
      }),
    );
  });

  test('an effect may be undefined-like: length tells', () => {
    const outbox = new Outbox<number | null>();
    outbox.push(null);
    outbox.push(0);
    expect([outbox.length, outbox.poll(), outbox.poll(), outbox.length]).toEqual([2, null, 0, 0]);
  });
});

describe('Timers', () => {
  type Name = 'a' | 'b' | 'c' | 'd';
  const name = fc.constantFrom<Name>('a', 'b', 'c', 'd');
  const instant = fc.integer({ min: 0, max: 20 });
  const step = fc.oneof(
    fc.record({ type: fc.constant('set' as const), name, due: instant }),
    fc.record({ type: fc.constant('stop' as const), name }),
    fc.record({ type: fc.constant('expire' as const), now: instant }),
  );

  test('do what a sorted list does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const timers = new Timers<Name>();
        let model: { name: Name; due: number }[] = [];
        for (const step of steps) {
          if (step.type === 'set') {
            timers.set(step.name, step.due);
            const known = model.find((timer) => timer.name === step.name);
            if (known === undefined) model.push({ name: step.name, due: step.due });
            else known.due = step.due;
          } else if (step.type === 'stop') {
            timers.stop(step.name);
            model = model.filter((timer) => timer.name !== step.name);
          } else {
            const due = model.filter((timer) => timer.due <= step.now);
            const first = due.toSorted((x, y) => x.due - y.due)[0];
            expect(timers.expire(step.now)).toBe(first?.name);
            model = model.filter((timer) => timer !== first);
          }
          const earliest = Math.min(...model.map((timer) => timer.due));
          expect(timers.next()).toBe(model.length === 0 ? undefined : earliest);
          for (const name of ['a', 'b', 'c', 'd'] as const) {
            expect(timers.get(name)).toBe(model.find((timer) => timer.name === name)?.due);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('setting a timer again moves it, and it fires once', () => {
    const timers = new Timers<'ping'>();
    timers.set('ping', 10);
    timers.set('ping', 30);
    expect(timers.expire(29)).toBeUndefined();
    expect(timers.expire(30)).toBe('ping');
    expect(timers.expire(1_000)).toBeUndefined();
    expect(timers.next()).toBeUndefined();
  });

  test('a timer at infinity is set and never due; NaN is refused', () => {
    const timers = new Timers<'ping'>();
    timers.set('ping', Infinity);
    expect([timers.expire(Number.MAX_VALUE), timers.next()]).toEqual([undefined, Infinity]);
    expect(() => timers.set('ping', NaN)).toThrow(RangeError);
  });
});

test('peer ids count from 0', () => {
  const ids = new PeerIds();
  expect([ids.next(), ids.next(), ids.next()]).toEqual([0, 1, 2]);
});

test('durations are milliseconds', () => {
  expect([SECOND, MINUTE, HOUR]).toEqual([1_000, 60_000, 3_600_000]);
});
