import type { Bench, BenchResult, Case, Contender } from '../src/bench.ts';
import { milliseconds } from '../src/unit.ts';

/** A contender that gives these samples one after the other, and notes what is asked of it. */
export function scripted(
  name: string,
  samples: readonly number[],
  options: { readonly answer?: string | undefined; readonly journal?: string[] } = {},
): Contender {
  const { journal = [] } = options;
  let next = 0;
  return {
    name,
    version: '1.0',
    answer() {
      journal.push(`${name} answers`);
      return 'answer' in options ? options.answer : '42';
    },
    warmUp: () => void journal.push(`${name} warms up`),
    sample() {
      journal.push(`${name} samples`);
      return samples[next++ % samples.length]!;
    },
  };
}

/** A case of scripted contenders, in milliseconds unless said otherwise. */
export function scriptedCase(
  ours: Contender,
  rivals: readonly Contender[],
  more: Partial<Case> = {},
): Case {
  return { name: 'a case', unit: milliseconds, ours, rivals, method: 'What is done.', ...more };
}

/** A bench that is not prepared by anybody. */
export function benchNamed(name: string): Bench {
  return { name, about: `About ${name}.`, prepare: () => ({ cases: [] }) };
}

/** The result of a bench with these cases. */
export function resultOf(name: string, cases: BenchResult['cases']): BenchResult {
  return { bench: benchNamed(name), absent: [], cases };
}
