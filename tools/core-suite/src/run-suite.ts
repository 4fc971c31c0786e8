import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildTree } from './build-tree.ts';
import type { Options } from './options.ts';
import { runTest, type TestResult } from './run-test.ts';
import { suiteTest, type SuiteTest } from './test-list.ts';

/** What a run needs besides what the command line says. */
export interface SuiteRun {
  readonly options: Options;
  readonly tests: readonly SuiteTest[];
  readonly tree: BuildTree;
  readonly print: (line: string) => void;
  /** Ends the tests that run, and starts no more. */
  readonly signal: AbortSignal;
}

/** Lines of what a failed test printed that are shown. */
const TAIL_LINES = 40;
/** Core's tests derive ports from seeds; beyond this many they repeat (util.py, `p2p_port`). */
const PORT_SEEDS = 400;

/** Runs tests, and prints a line for each when it ends. */
export async function runSuite(run: SuiteRun): Promise<TestResult[]> {
  const { options, tests, tree, print, signal } = run;
  const results: TestResult[] = [];
  // Two suites on one machine rarely start from the same ports.
  let seed = process.pid % PORT_SEEDS;
  const once = async (test: SuiteTest): Promise<TestResult> => {
    seed = (seed + 1) % PORT_SEEDS;
    const portSeed = seed;
    const result = await runTest(test, {
      core: options.core,
      tree,
      args: options.transport === undefined ? [] : [options.transport],
      portSeed,
      timeoutSeconds: options.timeout,
      signal,
    });
    if (!options.keep || result.outcome === 'PASS' || result.outcome === 'SKIP') {
      rmSync(join(tree.data, `${portSeed}-${test.name}`), { recursive: true, force: true });
    }
    return result;
  };
  // The first test makes the chain that others start from: several at once would be in each other's way.
  if (options.jobs > 1) await once(suiteTest('create_cache'));
  const waiting = [...tests];
  const worker = async (): Promise<void> => {
    for (let test = waiting.shift(); test !== undefined && !signal.aborted; test = waiting.shift()) {
      const result = await once(test);
      results.push(result);
      report(result, print);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  return results;
}

function report({ test, outcome, seconds, output }: TestResult, print: SuiteRun['print']): void {
  const isGood = outcome === 'PASS' || outcome === 'SKIP';
  const reason = outcome === 'SKIP' ? (/Test Skipped: (.*)/.exec(output)?.[1] ?? '') : '';
  print(`${outcome.padEnd(7)} ${test.title} (${seconds.toFixed(1)} s)${reason && `: ${reason}`}`);
  if (isGood) return;
  const lines = output.trimEnd().split('\n');
  for (const line of lines.slice(-TAIL_LINES)) print(`        | ${line}`);
}
