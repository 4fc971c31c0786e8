import type { Contender } from './bench.ts';
import { collectGarbage } from './garbage.ts';

/** A sample shorter than this says more about the clock and the scheduler than about the code. */
const MIN_SAMPLE_SECONDS = 0.02;

/** Enough for the compiler to have optimised what runs for microseconds. */
const WARM_UP_SECONDS = 0.4;

/** What {@link timed} makes a contender of. */
export interface Timed<T, I = void> {
  readonly name: string;
  readonly version?: string;
  /** Makes what an iteration uses up, if it uses anything up. Not part of what is timed. */
  readonly prepare?: () => I;
  /** One iteration. What it returns is kept up to the next, so that it cannot be optimised away. */
  readonly run: (input: I) => T;
  /** What a result says, see {@link Contender.answer}. Not part of what is timed. */
  readonly answer: (result: T) => string;
}

/** A function of this process: a sample is the mean of as many calls as take 20 ms. */
export function timed<T, I = void>(options: Timed<T, I>): Contender {
  const { prepare, run, answer, ...names } = options;
  const sink: { kept: T | undefined } = { kept: undefined };
  let iterations = 1;
  /** Seconds that it ran before its samples. Its answer counts: some take seconds. */
  let warmedUp = 0;
  const measure = (): number => {
    const inputs = prepare === undefined ? [] : Array.from({ length: iterations }, prepare);
    if (prepare !== undefined) collectGarbage();
    const start = performance.now();
    for (let i = 0; i < iterations; i++) {
      // Let go first: two results alive at once would make garbage collection dearer than it is.
      sink.kept = undefined;
      sink.kept = run(inputs[i] as I);
    }
    const seconds = (performance.now() - start) / 1_000;
    sink.kept = undefined;
    return seconds;
  };
  return {
    ...names,
    answer() {
      const input = prepare?.() as I;
      const start = performance.now();
      const result = run(input);
      warmedUp = (performance.now() - start) / 1_000;
      return answer(result);
    },
    warmUp() {
      while (warmedUp < WARM_UP_SECONDS) {
        const last = measure();
        warmedUp += last;
        if (last < MIN_SAMPLE_SECONDS) iterations *= 2;
      }
      // The first calls were slow. What takes as long as a sample by itself needs no second look.
      if (iterations > 1) iterations = Math.ceil((iterations * MIN_SAMPLE_SECONDS) / measure());
    },
    sample: () => measure() / iterations,
  };
}
