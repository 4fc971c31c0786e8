/**
 * Throws seeded random cases at the v2 transport, at the parts that it is made of, and at the
 * connections that are made of it: `npm run fuzz`.
 *
 * @example
 * import { caseSeeds, runCase, Tally, targets } from '@btcp2p/fuzz';
 *
 * const [target] = targets;
 * const seed = caseSeeds(1n, target.name).next().value;
 * const failure = runCase(target, seed, new Tally());
 *
 * @packageDocumentation
 */
export { Draw } from './draw.ts';
export { FuzzFailure } from './failure.ts';
export type { FailureKind, FailureReport } from './failure.ts';
export { FuzzCase } from './fuzz-case.ts';
export { parseOptions, UsageError } from './options.ts';
export type { Options } from './options.ts';
export { failureLines, progressLine, summaryTable } from './report.ts';
export type { TargetSoFar } from './report.ts';
export { runCase } from './run-case.ts';
export { caseSeeds, parseSeed, seedText } from './seeds.ts';
export { Tally } from './tally.ts';
export type { TallyData } from './tally.ts';
export type { Target } from './target.ts';
export { targets } from './targets/index.ts';
export { aeadTarget } from './targets/aead.ts';
export { ellswiftTarget } from './targets/ellswift.ts';
export { sessionTarget } from './targets/session.ts';
