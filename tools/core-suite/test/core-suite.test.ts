import { afterEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBuildTree, type BuildTree } from '../src/build-tree.ts';
import { parseOptions, UsageError } from '../src/options.ts';
import { runSuite } from '../src/run-suite.ts';
import { parseTestList, suiteTest } from '../src/test-list.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe('the command line', () => {
  test('what it says', () => {
    const args = ['--core', 'c', 'a', 'b --x', '--v2transport', '--jobs=2', '--timeout', '5'];
    expect(parseOptions(args)).toEqual({
      core: 'c', tests: ['a', 'b --x'], node: undefined, transport: '--v2transport', jobs: 2, timeout: 5,
      keep: false,
    });
    expect(parseOptions(['--core=c', '--node=n', '--keep'])).toEqual({
      core: 'c', tests: [], node: 'n', transport: undefined, jobs: 1, timeout: 600, keep: true,
    });
  });

  test.each([
    [[]], [['--core']], [['--core=']], [['--core=c', '--jobs=0']], [['--core=c', '--timeout=x']],
    [['--core=c', '--what']], [['--core=c', '--v1transport', '--v2transport']],
  ])('%j is refused', (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});

describe('lists of tests', () => {
  test('those that pass, and those that do not, with reasons', () => {
    expect(parseTestList('# all\n\na\n b.py  --x  # why\n!c --y: needs: this\n')).toEqual({
      expected: [suiteTest('a'), { title: 'b --x', name: 'b', args: ['--x'] }],
      failing: [{ test: suiteTest('c --y'), reason: 'needs: this' }],
    });
    expect(() => parseTestList('!c\n')).toThrow('no reason');
    expect(() => parseTestList('a\n!a: b\n')).toThrow('twice');
  });

  test('that of the repository', () => {
    const list = parseTestList(readFileSync(join(import.meta.dirname, '../tests.txt'), 'utf8'));
    expect(list.expected.length).toBeGreaterThan(0);
  });
});

test('a build tree has what the framework looks for, and commands as they were given', () => {
  const tree = makeBuildTree({ core: '/core', node: ['echo', "it's", '$HOME'] });
  cleanups.push(tree.remove);
  const config = readFileSync(tree.config, 'utf8');
  expect(config).toContain(`BUILDDIR=${tree.directory}\n`);
  expect(config).toContain('RPCAUTH=/core/share/rpcauth/rpcauth.py\n');
  expect(config).not.toContain('WALLET');
  const { stdout } = spawnSync(tree.binaries.BITCOIND, ['-x=a b'], { encoding: 'utf8' });
  expect(stdout).toBe("it's $HOME -x=a b\n");
  expect(statSync(tree.binaries.BITCOINCLI).mode & 0o111).not.toBe(0);
  tree.remove();
  expect(existsSync(tree.directory)).toBe(false);
});

/** Stands in for Core's framework: what it prints it exits with, unless it hangs. */
const SCRIPT = `
import os, subprocess, sys, time
name = os.path.basename(__file__)[:-3]
print(name, *[a for a in sys.argv[1:] if not a.startswith(("--configfile", "--cachedir", "--tmpdir"))])
assert os.environ["BITCOIND"].endswith("/bin/bitcoind") and "BITCOIN_CMD" not in os.environ
if name == "skipping":
    print("Test Skipped: no reason")
if name == "hanging":
    child = subprocess.Popen(["sleep", "1000"])
    print("child", child.pid)
    time.sleep(1000)
sys.exit({"passing": 0, "skipping": 77}.get(name, 1))
`;

const hasPython = spawnSync('python3', ['--version']).status === 0;

(hasPython ? describe : describe.skip)('running', () => {
  function core(): { readonly directory: string; readonly tree: BuildTree } {
    const directory = mkdtempSync(join(tmpdir(), 'btcp2p-core-suite-test-'));
    const tests = join(directory, 'test/functional');
    mkdirSync(tests, { recursive: true });
    for (const name of ['passing', 'failing', 'skipping', 'hanging', 'create_cache']) {
      writeFileSync(join(tests, `${name}.py`), SCRIPT);
    }
    const tree = makeBuildTree({ core: directory, node: ['true'] });
    cleanups.push(tree.remove, () => rmSync(directory, { recursive: true }));
    return { directory, tree };
  }

  test('a line for each test, what it printed if it failed, and nothing is left running', async () => {
    const { directory, tree } = core();
    process.env['BITCOIN_CMD'] = 'something else';
    cleanups.push(() => delete process.env['BITCOIN_CMD']);
    const lines: string[] = [];
    const results = await runSuite({
      options: parseOptions(['--core', directory, '--v1transport', '--timeout=1', '--jobs=2']),
      tests: ['passing --a', 'failing', 'skipping', 'hanging'].map(suiteTest),
      tree,
      print: (line) => lines.push(line.replace(/\d+\.\d s/, 'n s')),
      signal: new AbortController().signal,
    });
    const outcomes = Object.fromEntries(results.map(({ test, outcome }) => [test.title, outcome]));
    expect(outcomes).toEqual({
      'passing --a': 'PASS', failing: 'FAIL', skipping: 'SKIP', hanging: 'TIMEOUT',
    });
    expect(lines).toContain('PASS    passing --a (n s)');
    expect(lines).toContain('SKIP    skipping (n s): no reason');
    expect(lines.find((line) => line.includes('| failing'))).toMatch(/--portseed=\d+ --v1transport$/);
    const hanging = results.find(({ test }) => test.name === 'hanging')!;
    const pid = Number(/child (\d+)/.exec(hanging.output)?.[1]);
    // It may take the kernel a moment to bury it.
    while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  });

  test('an abort ends what runs, and starts nothing more', async () => {
    const { directory, tree } = core();
    const abort = new AbortController();
    setImmediate(() => abort.abort());
    const results = await runSuite({
      options: parseOptions(['--core', directory]),
      tests: ['hanging', 'passing'].map(suiteTest),
      tree,
      print: () => {},
      signal: abort.signal,
    });
    expect(results.map(({ test, outcome }) => [test.name, outcome])).toEqual([['hanging', 'FAIL']]);
  });
});

/** Whether a process runs: one that has ended and waits for its parent does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
