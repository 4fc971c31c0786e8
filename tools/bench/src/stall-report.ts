/** The variable of the environment that names the file for the report of children/stall-meter.ts. */
export const STALL_REPORT_FILE = 'BENCH_STALL_REPORT';

/** What children/stall-meter.ts found in the main thread of a process. */
export interface StallReport {
  /** When the process dialled for the first time, in milliseconds since 1970. */
  readonly dialled: number;
  /**
   * Whenever there had been a longer stall than any before: the time at which that was seen, and how
   * long it was in milliseconds.
   */
  readonly rises: readonly (readonly [seen: number, milliseconds: number])[];
}

/** The longest stall, in milliseconds, of those seen by a time. */
export function longestStall({ rises }: StallReport, until: number): number {
  return rises.findLast(([seen]) => seen <= until)?.[1] ?? 0;
}
