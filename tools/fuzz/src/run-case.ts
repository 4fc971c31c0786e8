import { FuzzFailure, type FailureReport } from './failure.ts';
import { FuzzCase } from './fuzz-case.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';

/** Runs one case and counts it. What it finds is returned. */
export function runCase(target: Target, seed: bigint, tally: Tally): FailureReport | undefined {
  const test = new FuzzCase(seed);
  try {
    target.run(test);
  } catch (error) {
    const isOurs = error instanceof FuzzFailure;
    return {
      target: target.name,
      seed,
      kind: isOurs ? error.kind : 'exception',
      message: error instanceof Error ? error.message : String(error),
      stack: error instanceof Error ? error.stack : undefined,
      notes: test.notes,
    };
  } finally {
    tally.add(test.counts);
  }
  return undefined;
}
