import type { FailureReport } from './failure.ts';
import { seedText } from './seeds.ts';
import type { TallyData } from './tally.ts';

/** What is known of a target so far. */
export interface TargetSoFar extends TallyData {
  readonly name: string;
  /** Milliseconds in which it ran. */
  readonly time: number;
}

/** One line for a log: cases a second by target. */
export function progressLine(elapsed: number, targets: readonly TargetSoFar[]): string {
  const speeds = targets.map(({ name, cases, time }) => `${name} ${number(perSecond(cases, time))}/s`);
  const cases = targets.reduce((sum, target) => sum + target.cases, 0);
  return `${(elapsed / 1_000).toFixed(0).padStart(5)} s  ${number(cases)} cases  ${speeds.join('  ')}`;
}

/** All that was reached, target by target. */
export function summaryTable(targets: readonly TargetSoFar[]): string[] {
  return targets.flatMap(({ name, cases, time, counts }) => [
    '',
    `${name.padEnd(36)} ${number(cases).padStart(14)} cases, ${number(perSecond(cases, time))}/s`,
    ...counts
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, times]) => `  ${label.padEnd(34)} ${number(times).padStart(14)}`),
  ]);
}

/** What was found, and how to find it again. */
export function failureLines(report: FailureReport, runSeed: bigint | undefined): string[] {
  const { target, seed, kind, message, stack, notes } = report;
  const lines = [`FAILED: ${target}, case ${seedText(seed)}: ${kind}`, `  ${message}`];
  lines.push(...notes.map((note) => `  case: ${note}`));
  if (stack !== undefined) lines.push(...stack.split('\n').slice(1, 12));
  lines.push(`  this case again:  npm run fuzz -- ${target} --case ${seedText(seed)}`);
  if (runSeed !== undefined) {
    lines.push(`  all up to it:     npm run fuzz -- ${target} --seed ${seedText(runSeed)}`);
  }
  return lines;
}

function perSecond(cases: number, time: number): number {
  return time === 0 ? 0 : (cases * 1_000) / time;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
