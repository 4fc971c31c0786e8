import type { Bench, BenchResult, CaseResult } from './bench.ts';
import { runCase } from './run-case.ts';

/** Runs the cases of a bench one after the other. `onCase` hears of each when it is done. */
export async function runBench(
  bench: Bench,
  onCase: (result: CaseResult) => void = () => {},
): Promise<BenchResult> {
  const plan = await bench.prepare();
  if ('leftOut' in plan) return { bench, leftOut: plan.leftOut, absent: [], cases: [] };
  const cases: CaseResult[] = [];
  try {
    for (const it of plan.cases) {
      const result = await runCase(it);
      onCase(result);
      cases.push(result);
    }
  } finally {
    await plan.close?.();
  }
  return { bench, absent: plan.absent ?? [], cases };
}
