import type { BenchResult } from './bench.ts';

/** One comparison, as `--json` writes it. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  /** Median of ours, in `unit`. */
  readonly ours: number;
  /** Median of the rival, in `unit`. */
  readonly rival: number;
  readonly rivalName: string;
  readonly unit: string;
  /** How many times better ours is: above 1 if it is better. */
  readonly ratio: number;
}

/** A row for each case and rival. What has no rival has no row. */
export function rowsOf(results: readonly BenchResult[]): Row[] {
  return results.flatMap(({ bench, cases }) =>
    cases.flatMap(({ case: it, ours, rivals }) =>
      rivals.map((rival) => ({
        bench: bench.name,
        case: it.name,
        ours: rounded(ours.figure.median),
        rival: rounded(rival.figure.median),
        rivalName: rival.name,
        unit: it.unit.name,
        ratio: rounded(rival.ratio),
      })),
    ),
  );
}

/** What a clock and a busy machine leave certain, and a digit more. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
