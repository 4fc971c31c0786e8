import { FuzzProcess } from './fuzz-process.ts';
import type { Options } from './options.ts';
import { failureLines, progressLine, summaryTable, type TargetSoFar } from './report.ts';
import { seedText } from './seeds.ts';

/** Milliseconds for a target before it is another's turn, and until the next line of progress. */
const SLICE = 2_000;
const PROGRESS = 5_000;

/** What a run needs besides its options. */
export interface Run {
  /** Names of all targets. */
  readonly known: readonly string[];
  /** The run's seed. */
  readonly seed: bigint;
  print(line: string): void;
  /** Whether to end now. */
  isStopped(): boolean;
}

/**
 * Fuzzes: the targets take turns until the time is over, or one of them finds something.
 *
 * @returns whether nothing was found
 */
export async function runFuzz(options: Options, run: Run): Promise<boolean> {
  const { print, seed } = run;
  if (options.case !== undefined) return runOnly(options.targets[0]!, options.case, run);
  const names = options.targets.length > 0 ? options.targets : run.known;
  print(`seed ${seedText(seed)}: ${names.join(', ')}, for ${options.minutes} minutes`);
  const processes = names.map((name) => new FuzzProcess(name, seed));
  const soFar = new Map<string, TargetSoFar>();
  const start = performance.now();
  const end = start + options.minutes * 60_000;
  let told = start;
  try {
    for (let turn = 0; performance.now() < end && !run.isStopped(); turn++) {
      const child = processes[turn % processes.length]!;
      const { target: name } = child;
      // A short run has a turn for all of them.
      const share = (end - start) / processes.length;
      const { time, tally, failure } = await child.run(Math.min(SLICE, share));
      const before = soFar.get(name)?.time ?? 0;
      soFar.set(name, { name, time: before + time, ...tally });
      const now = performance.now();
      if (now - told >= PROGRESS && failure === undefined) {
        print(progressLine(now - start, [...soFar.values()]));
        told = now;
      }
      if (failure === undefined) continue;
      for (const line of [...summaryTable([...soFar.values()]), '']) print(line);
      for (const line of failureLines(failure, seed)) print(line);
      return false;
    }
  } finally {
    for (const child of processes) child.close();
  }
  for (const line of summaryTable([...soFar.values()])) print(line);
  print('');
  print(`nothing found in ${((performance.now() - start) / 60_000).toFixed(1)} minutes`);
  return true;
}

async function runOnly(name: string, only: bigint, { print, seed }: Run): Promise<boolean> {
  const child = new FuzzProcess(name, seed, only);
  try {
    const { time, tally, failure } = await child.run(60_000);
    for (const line of summaryTable([{ name, time, ...tally }])) print(line);
    print('');
    if (failure === undefined) print(`case ${seedText(only)} finds nothing`);
    else for (const line of failureLines(failure, undefined)) print(line);
    return failure === undefined;
  } finally {
    child.close();
  }
}
