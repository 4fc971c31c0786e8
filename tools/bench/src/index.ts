/**
 * Measures this project against named rivals, all in the same run: `npm run bench`.
 *
 * @example
 * import { milliseconds, runCase, timed } from '@btcp2p/bench';
 *
 * const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
 * const result = await runCase({ name: 'sum', unit: milliseconds, ours, rivals, method: 'Adds.' });
 *
 * @packageDocumentation
 */
export type {
  Bench, BenchResult, Case, CaseFacts, CaseResult, Contender, Eventual, Judgement, LeftOut, Measured,
  Plan, Target,
} from './bench.ts';
export { formatCase, formatFigure, formatRatio } from './format.ts';
export { rowsOf } from './json.ts';
export type { Row } from './json.ts';
export { renderMarkdown } from './markdown.ts';
export { parseOptions, UsageError } from './options.ts';
export type { Options } from './options.ts';
export { runBench } from './run-bench.ts';
export { DEFAULT_ROUNDS, Disagreement, runCase, shuffled } from './run-case.ts';
export { quartiles } from './statistics.ts';
export type { Quartiles } from './statistics.ts';
export { atLeast, reaches } from './target.ts';
export { timed } from './timed.ts';
export type { Timed } from './timed.ts';
export {
  gigabytesPerSecond, megabytesPerSecond, microsecondsEach, milliseconds, perSecond, ratioOf,
  timesItsSize,
} from './unit.ts';
export type { Unit } from './unit.ts';
