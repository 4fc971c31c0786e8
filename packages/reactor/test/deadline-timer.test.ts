import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { DeadlineTimer } from '../src/deadline-timer.ts';

let fired: number[];
let timer: DeadlineTimer;

beforeEach(() => {
  jest.useFakeTimers();
  fired = [];
  timer = new DeadlineTimer(
    () => performance.now(),
    () => fired.push(performance.now()),
  );
});

afterEach(() => {
  timer.set(undefined);
  jest.useRealTimers();
});

test('fires once, at the deadline', () => {
  timer.set(performance.now() + 50);
  jest.advanceTimersByTime(49);
  expect(fired).toEqual([]);
  jest.advanceTimersByTime(100);
  expect(fired).toEqual([50]);
});

test('a deadline that has passed is due in a moment, not at once', () => {
  timer.set(-5);
  expect(fired).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(fired).toHaveLength(1);
});

test('follows a deadline to earlier and to later, with one timer', () => {
  timer.set(100);
  timer.set(40);
  expect(jest.getTimerCount()).toBe(1);
  timer.set(200);
  timer.set(300);
  expect(jest.getTimerCount()).toBe(1);
  jest.advanceTimersByTime(299);
  expect(fired).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(fired).toEqual([300]);
});

test('no deadline, no timer', () => {
  timer.set(100);
  timer.set(undefined);
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(1_000);
  expect(fired).toEqual([]);
});

test('a deadline beyond what setTimeout takes is kept', () => {
  const far = 2 ** 31 + 5_000;
  timer.set(far);
  jest.advanceTimersByTime(far - 1);
  expect(fired).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(fired).toEqual([far]);
});

test('may be set again from where it fires', () => {
  timer = new DeadlineTimer(
    () => performance.now(),
    () => {
      fired.push(performance.now());
      if (fired.length < 3) timer.set(performance.now() + 10);
    },
  );
  timer.set(10);
  jest.advanceTimersByTime(100);
  expect(fired).toEqual([10, 20, 30]);
});
