import type { FuzzCase } from './fuzz-case.ts';

/** Something to be fuzzed. */
export interface Target {
  readonly name: string;
  /** What is tested, in a line. */
  readonly what: string;
  /** An optional package that is hidden from it, so that what stands in for it is tested. */
  readonly without?: string;
  /** One case: throws if it finds something. */
  run(test: FuzzCase): void;
}
