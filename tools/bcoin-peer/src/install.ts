import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOL_DIRECTORY = fileURLToPath(new URL('..', import.meta.url));
const CACHE_DIRECTORY = fileURLToPath(new URL('../../../.cache', import.meta.url));

/** What is installed, and the folder here that has its package.json and lock file. */
const TREES = { bcoin: 'install', golomb: 'install-golomb' } as const;

/** A package that is installed on demand. */
type Installed = keyof typeof TREES;

/** A slow registry gets this long, in milliseconds. */
const INSTALL_TIMEOUT_MS = 120_000;

/** npm settings of an `npm run` that this process may be part of, and that must not reach our own. */
const FOREIGN_NPM_SETTINGS =
  /^npm_config_(workspaces?|include_workspace_root|prefix|local_prefix|global|omit|include|dry_run)$/iu;

/** Where bcoin is installed, if it is: the folder that holds its `node_modules`. */
export function findBcoin(): string | undefined {
  return find('bcoin');
}

/**
 * Installs bcoin 1.0.2 into `.cache/bcoin` of the workspace unless it is there, and answers the
 * folder that holds its `node_modules`. Blocks for 5 to 10 seconds the first time.
 *
 * bcoin is not a dependency of the workspace because its dependency leveldown 4.0.1 does not compile
 * on Node 20, which fails any `npm install` that runs install scripts. Here `npm ci` installs the
 * tree of install/package-lock.json, every package checked against its hash, without its scripts.
 *
 * @throws Error with npm's output when the installation fails, say for want of a network.
 */
export function installBcoin(): string {
  return install('bcoin');
}

/** The same for golomb 1.2.0, whose bcrypto is to be compiled too; it goes into `.cache/golomb`. */
export function installGolomb(): string {
  return install('golomb');
}

function find(name: Installed): string | undefined {
  const directory = join(CACHE_DIRECTORY, name);
  return existsSync(join(directory, 'node_modules', name, 'package.json')) ? directory : undefined;
}

function install(name: Installed): string {
  const installed = find(name);
  if (installed !== undefined) return installed;
  const directory = join(CACHE_DIRECTORY, name);
  // Built beside its place and then moved: two processes may install at once, none sees a half.
  const scratch = `${directory}-${process.pid}`;
  mkdirSync(CACHE_DIRECTORY, { recursive: true });
  try {
    cpSync(join(TOOL_DIRECTORY, TREES[name]), scratch, { recursive: true });
    runNpm(name, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', scratch]);
    if (find(name) === undefined) moveInto(directory, scratch, name);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return directory;
}

function moveInto(directory: string, scratch: string, name: Installed): void {
  try {
    renameSync(scratch, directory);
  } catch (error) {
    // Another process was first. Anything else in that place is not ours to remove.
    if (find(name) === undefined) throw error;
  }
}

function runNpm(name: Installed, parameters: readonly string[]): void {
  const settings = Object.entries(process.env).filter(([name]) => !FOREIGN_NPM_SETTINGS.test(name));
  const [command, first] = npmCommand();
  const result = spawnSync(command, [...first, ...parameters], {
    env: { ...Object.fromEntries(settings), NODE_OPTIONS: '' },
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    shell: first.length === 0 && process.platform === 'win32',
  });
  if (result.status === 0) return;
  const reason = result.error?.message ?? `npm ended with ${result.status ?? result.signal}`;
  throw new Error(`cannot install ${name}: ${reason}\n${result.stderr ?? ''}`.trimEnd());
}

/** The npm that runs us if one does, else the one on the path. */
function npmCommand(): [command: string, first: readonly string[]] {
  const running = process.env['npm_execpath'];
  if (running !== undefined && basename(running) === 'npm-cli.js') {
    return [process.execPath, [running]];
  }
  return ['npm', []];
}
