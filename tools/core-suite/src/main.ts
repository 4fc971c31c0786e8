// `npm run core-suite -- --core DIR [TEST…]`: see README.md.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBuildTree } from './build-tree.ts';
import { parseOptions, UsageError, type Options } from './options.ts';
import { runSuite } from './run-suite.ts';
import { parseTestList, suiteTest } from './test-list.ts';

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());

try {
  const options = parseOptions(process.argv.slice(2));
  process.exitCode = (await run(options)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 2;
}

/** Whether nothing failed. */
async function run(options: Options): Promise<boolean> {
  const list = parseTestList(readFileSync(new URL('../tests.txt', import.meta.url), 'utf8'));
  const tests = options.tests.length > 0 ? options.tests.map(suiteTest) : list.expected;
  for (const { name } of tests) {
    const path = resolve(options.core, 'test/functional', `${name}.py`);
    if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
  }
  const tree = makeBuildTree({ core: options.core, node: nodeCommand(options) });
  try {
    const print = (line: string): void => console.log(line);
    const results = await runSuite({ options, tests, tree, print, signal: abort.signal });
    const counted = (...outcomes: string[]): number =>
      results.filter(({ outcome }) => outcomes.includes(outcome)).length;
    const failed = counted('FAIL', 'TIMEOUT');
    if (options.tests.length === 0) {
      for (const { test, reason } of list.failing) print(`known   ${test.title}: ${reason}`);
    }
    const missing = tests.length - results.length;
    print(
      `${counted('PASS')} passed, ${failed} failed, ${counted('SKIP')} skipped` +
        (missing > 0 ? `, ${missing} not run` : ''),
    );
    if (options.keep && failed > 0) print(`the data of failed tests is in ${tree.data}`);
    return failed === 0 && missing === 0;
  } finally {
    if (!options.keep) tree.remove();
  }
}

/** What to test: the node of this repository as it was built, or what the user names. */
function nodeCommand({ node }: Options): readonly string[] {
  if (node !== undefined) {
    const path = resolve(node);
    try {
      accessSync(path, constants.X_OK);
    } catch {
      throw new UsageError(`${path} cannot be executed`);
    }
    return [path];
  }
  const packageJson = fileURLToPath(import.meta.resolve('btcp2p-node/package.json'));
  return [process.execPath, '--no-warnings', join(dirname(packageJson), 'dist/main.js')];
}
