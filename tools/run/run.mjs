// The commands behind the scripts of the root package.json: `node tools/run/run.mjs <command> [arguments]`.
//
// Each prints one line of what it does, streams the output of what it starts, ends with a line that
// says how long it took (test: with the totals), and exits with 1 on failure.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { summarize } from './summary.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');

const BENCH = 'tools/bench/dist/main.js';
const CORE_SUITE = 'tools/core-suite/dist/main.js';
const DEMO = 'tools/demo/dist/main.js';
const FUZZ = 'tools/fuzz/dist/main.js';
const TIDY = 'tools/tidy/dist/main.js';
const NODE_24 = '24.9.0';

/** Where each project's jest leaves its results: an output of nx's `test` target (nx.json). */
const JEST_RESULTS = 'out-tsc/jest.json';

const commands = {
  build: ['builds every project', build],
  lint: ['runs oxlint over the repository', lint],
  typecheck: ['type-checks every project and its tests', typecheck],
  test: ['runs the tests of every project, or of those named', test],
  'test:node24': [`runs the tests on Node ${NODE_24}`, testNode24],
  'test:browser': ['runs the tests in Chromium, and installs it if it is missing', testBrowser],
  fuzz: ['builds, then throws random cases at the v2 transport', fuzz],
  soak: ['runs the crash tests and the sync model many times over, for about an hour', soak],
  tidy: ['builds, then checks what a compiler and a linter cannot', tidy],
  bench: ['builds, then runs the benchmarks', bench],
  demo: ['builds, then runs the demo', demo],
  'core-suite': ["builds, then runs Bitcoin Core's functional tests", coreSuite],
};

async function build(args) {
  await nx('build', ...args);
  for (const { directory } of projects()) removeStale(join(ROOT, directory));
}

/** Removes what was once compiled from a source that has since gone: npm would still publish it. */
function removeStale(directory) {
  const dist = join(directory, 'dist');
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist, { recursive: true })) {
    const source = file.match(/^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/)?.[1];
    if (source === undefined || existsSync(join(directory, 'src', `${source}.ts`))) continue;
    rmSync(join(dist, file));
  }
}

async function lint(args) {
  await run(join(BIN, 'oxlint'), ['--deny-warnings', ...args]);
}

async function typecheck(args) {
  const configs = [];
  for (const { directory } of projects()) {
    if (hasSources(directory, 'src')) configs.push(`${directory}/tsconfig.json`);
    if (hasSources(directory, 'test', 'bench')) configs.push(`${directory}/tsconfig.test.json`);
  }
  await run(join(BIN, 'tsc'), ['-b', ...configs, ...args]);
}

/**
 * Arguments: names of projects, whole or without their scope (`wire`); and `--fresh`, which ignores
 * cached results.
 */
async function test(args) {
  const names = args.filter((argument) => !argument.startsWith('--'));
  const chosen = choose(names);
  const tested = chosen.filter(({ directory }) => hasSources(directory, 'test'));
  // What an earlier run left must not count. nx puts the file back where it has the result cached.
  for (const { directory } of tested) {
    const results = join(ROOT, directory, JEST_RESULTS);
    rmSync(results, { force: true });
    mkdirSync(dirname(results), { recursive: true });
  }
  let broken;
  try {
    await nx(
      'test', `--projects=${tested.map(({ name }) => name)}`,
      ...(args.includes('--fresh') ? ['--skip-nx-cache'] : []),
      '--', '--json', `--outputFile=${JEST_RESULTS}`,
    );
  } catch (error) {
    broken = error;
  }
  const untested = chosen.filter((project) => !tested.includes(project));
  const summary = summarize(ROOT, tested, untested, JEST_RESULTS);
  for (const line of summary.lines) console.log(line);
  if (broken !== undefined && summary.failed === 0) throw broken;
  return summary;
}

/**
 * The npm package `node` brings the binary. It goes to a folder of its own: in node_modules/.bin it
 * would be the `node` of every npm script.
 */
async function testNode24(args) {
  const directory = join(ROOT, '.cache/node24');
  const binary = join(directory, 'node_modules/node/bin');
  if (!existsSync(join(binary, 'node'))) {
    mkdirSync(directory, { recursive: true });
    const manifest = { private: true, allowScripts: { node: true } };
    writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest)}\n`);
    await run('npm', ['install', '--no-audit', '--no-fund', `node@${NODE_24}`], directory);
  }
  process.env.PATH = binary + delimiter + process.env.PATH;
  console.log('node --version:');
  await run(join(binary, 'node'), ['--version']);
  return test(args);
}

/** As in `test`, where Chromium is not installed unless `CI` is set. */
async function testBrowser(args) {
  process.env.BTCP2P_INSTALL_CHROMIUM = '1';
  return test(['browser-test', ...args]);
}

async function tidy(args) {
  await buildFirst(args);
  await run(process.execPath, [TIDY, ...without(args, '--no-build')]);
}

async function bench(args) {
  await buildFirst(args, BENCH);
  await run(process.execPath, [BENCH, ...without(args, '--no-build')]);
}

/** What is too long for every run: many more kills, and many more random worlds. */
async function soak() {
  const env = { BTCP2P_CRASH_RUNS: '12', BTCP2P_INDEX_KILLS: '60', BTCP2P_MODEL_RUNS: '1000' };
  const jest = ['--experimental-vm-modules', '--no-warnings', join(ROOT, 'node_modules/jest/bin/jest.js')];
  Object.assign(process.env, env);
  await build(['--projects=btcp2p-node']);
  const crashes = ['crash.test', 'mainnet-sync', 'snapshots-bitcoind'];
  await run(process.execPath, [...jest, ...crashes], join(ROOT, 'apps/node'));
  await run(process.execPath, [...jest, 'test/model'], join(ROOT, 'packages/sync'));
}

async function fuzz(args) {
  await buildFirst(args, FUZZ);
  await run(process.execPath, [FUZZ, ...without(args, '--no-build')]);
}

async function demo(args) {
  await buildFirst(args, DEMO);
  await run(process.execPath, [DEMO, ...without(args, '--no-build')]);
}

async function coreSuite(args) {
  await buildFirst(args, CORE_SUITE);
  await run(process.execPath, [CORE_SUITE, ...without(args, '--no-build')]);
}

/** Builds every project, or the one that `entry` is in and what it depends on. */
async function buildFirst(args, entry) {
  if (args.includes('--no-build')) return;
  if (entry === undefined) return build([]);
  const project = projects().find(({ directory }) => entry.startsWith(`${directory}/`));
  await build([`--projects=${project.name}`]);
}

/** `--outputStyle=static`: the whole output of a task at its end, instead of a screen that redraws. */
async function nx(target, ...args) {
  await run(join(BIN, 'nx'), [
    'run-many', '-t', target, '--parallel=2', '--outputStyle=static', ...args,
  ]);
}

/** Runs a program, its output going where ours goes. Rejects unless it exits with 0. */
function run(program, args, cwd = ROOT) {
  const child = spawn(program, args, {
    cwd,
    stdio: 'inherit',
    env: { NX_DAEMON: 'false', ...process.env, NX_TUI: 'false' },
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code, signal) => {
      if (code === 0) return done();
      fail(new Error(`${basename(program)} ended with ${signal ?? code}`));
    });
  });
}

/** The projects of the workspace: every folder of its globs (`packages/*`) that has a package.json. */
function projects() {
  return readJson('package.json').workspaces.flatMap((glob) => {
    const parent = glob.replace(/\/\*$/, '');
    if (!existsSync(join(ROOT, parent))) return [];
    return readdirSync(join(ROOT, parent))
      .sort()
      .map((folder) => `${parent}/${folder}`)
      .filter((directory) => existsSync(join(ROOT, directory, 'package.json')))
      .map((directory) => ({ name: readJson(`${directory}/package.json`).name, directory }));
  });
}

function choose(names) {
  const all = projects();
  if (names.length === 0) return all;
  return names.map((name) => {
    const project = all.find((p) => p.name === name || p.name === `@btcp2p/${name}`);
    if (project === undefined) throw new Error(`no project is named ${name}`);
    return project;
  });
}

function hasSources(directory, ...folders) {
  return folders.some((folder) => {
    const path = join(ROOT, directory, folder);
    return existsSync(path) && readdirSync(path, { recursive: true }).some(isTypeScript);
  });
}

function isTypeScript(file) {
  return file.endsWith('.ts');
}

function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

function without(args, option) {
  return args.filter((argument) => argument !== option);
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error('usage: node tools/run/run.mjs <command> [arguments]\n');
  for (const [key, [what]] of Object.entries(commands)) console.error(`  ${key.padEnd(12)} ${what}`);
  process.exit(2);
}
const [what, action] = command;
const start = performance.now();
console.log(`${name}: ${what}`);
try {
  const totals = await action(args);
  const failed = totals !== undefined && totals.failed > 0;
  console.log(`${name}: ${failed ? 'failed' : 'done'} after ${seconds(start)}`);
  if (totals !== undefined) console.log(totals.totals);
  if (failed) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  console.error(`${name}: failed after ${seconds(start)}`);
  process.exitCode = 1;
}
