import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { BuildTree } from './build-tree.ts';
import type { SuiteTest } from './test-list.ts';

/** How a test ended. */
export type Outcome = 'PASS' | 'FAIL' | 'SKIP' | 'TIMEOUT';

/** What came of a test. */
export interface TestResult {
  readonly test: SuiteTest;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** All that it printed. */
  readonly output: string;
}

/** How a test is run. */
export interface RunTestOptions {
  readonly core: string;
  readonly tree: BuildTree;
  /** Options for every test, before its own. */
  readonly args: readonly string[];
  /** Different for tests that run at the same time: ports are derived from it. */
  readonly portSeed: number;
  readonly timeoutSeconds: number;
  /** Ends the test at once. */
  readonly signal: AbortSignal;
}

/** The framework's exit codes (test_framework.py, `TestStatus`; test_runner.py). */
const OUTCOMES = new Map<number | null, Outcome>([[0, 'PASS'], [77, 'SKIP']]);
/** Characters of output that are kept, the last ones. */
const MAX_OUTPUT = 1_000_000;
/** Milliseconds between asking a test to end and ending it. */
const GRACE = 5_000;

/** Runs a test, and whatever it starts, to its end; it leaves no process behind. */
export async function runTest(test: SuiteTest, options: RunTestOptions): Promise<TestResult> {
  const { core, tree, portSeed } = options;
  const start = performance.now();
  // A group of its own, so that the nodes of a test can be ended together with it.
  const child = spawn(
    'python3',
    [
      resolve(core, 'test/functional', `${test.name}.py`),
      `--configfile=${tree.config}`,
      `--cachedir=${tree.cache}`,
      `--tmpdir=${join(tree.data, `${portSeed}-${test.name}`)}`,
      `--portseed=${portSeed}`,
      ...options.args,
      ...test.args,
    ],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: environment(tree), cwd: tree.directory },
  );
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  let isLate = false;
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => {
    killGroup(child.pid, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE));
  };
  timers.push(
    setTimeout(() => {
      isLate = true;
      end();
    }, options.timeoutSeconds * 1_000),
  );
  options.signal.addEventListener('abort', end, { once: true });
  const code = await new Promise<number | null>((done) => {
    child.once('error', (error) => {
      output += `${error.message}\n`;
      done(1);
    });
    child.once('exit', (status) => done(status));
  });
  options.signal.removeEventListener('abort', end);
  for (const timer of timers) clearTimeout(timer);
  // A test that failed badly may have left its nodes behind.
  killGroup(child.pid, 'SIGKILL');
  const seconds = (performance.now() - start) / 1_000;
  return { test, outcome: isLate ? 'TIMEOUT' : (OUTCOMES.get(code) ?? 'FAIL'), seconds, output };
}

/** What decides in the surroundings which programs the framework takes must not come from the user. */
function environment(tree: BuildTree): NodeJS.ProcessEnv {
  const {
    BITCOIN_CMD: _command, BITCOIN_BIN: _wrapper, PREVIOUS_RELEASES_DIR: _releases, NODE_OPTIONS: _options,
    ...rest
  } = process.env;
  return { ...rest, ...tree.binaries, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of it is left.
  }
}
