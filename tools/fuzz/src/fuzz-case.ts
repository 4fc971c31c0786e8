import { isDeepStrictEqual } from 'node:util';
import { areEqual, brief } from './bytes.ts';
import { Draw } from './draw.ts';
import { FuzzFailure } from './failure.ts';

/** More steps than any case takes. Our choice: the longest ones take about a hundredth of it. */
const MAX_STEPS = 2_000_000;

/** One case: what it draws, what it counts, and what it promises. */
export class FuzzCase {
  readonly draw: Draw;
  /** How often what was reached, for the table. */
  readonly counts = new Map<string, number>();
  /** What the case is, for whoever looks into a failure. */
  readonly notes: string[] = [];
  #steps = 0;

  /** @param seed 64 bits */
  constructor(seed: bigint) {
    this.draw = new Draw(seed);
  }

  /** Says what the case is. */
  note(text: string): void {
    this.notes.push(text);
  }

  /** Counts something that was reached. */
  count(label: string, times = 1): void {
    if (times > 0) this.counts.set(label, (this.counts.get(label) ?? 0) + times);
  }

  /** To be called in each loop whose end depends on what is tested. */
  step(): void {
    if (++this.#steps > MAX_STEPS) throw new FuzzFailure('hang', `no end after ${MAX_STEPS} steps`);
  }

  /** Fails unless it holds. */
  check(holds: boolean, promise: string | (() => string)): void {
    if (holds) return;
    throw new FuzzFailure('difference', typeof promise === 'string' ? promise : promise());
  }

  /** Fails unless both are the same. */
  same(found: unknown, expected: unknown, what: string): void {
    if (Object.is(found, expected) || isDeepStrictEqual(found, expected)) return;
    this.check(false, `${what}: ${show(found)}, not ${show(expected)}`);
  }

  /** Fails unless both have the same bytes. */
  sameBytes(found: Uint8Array | undefined, expected: Uint8Array | undefined, what: string): void {
    if (found === expected) return;
    if (found !== undefined && expected !== undefined && areEqual(found, expected)) return;
    this.check(false, `${what}: ${show(found)}, not ${show(expected)}`);
  }
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return brief(value);
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`;
    return inner instanceof Uint8Array ? brief(inner) : inner;
  });
  return text === undefined ? 'nothing' : text.slice(0, 2_000);
}
