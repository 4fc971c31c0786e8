import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOL_DIRECTORY = fileURLToPath(new URL('..', import.meta.url));
const INSTALL_DIRECTORY = fileURLToPath(new URL('../../../.cache/bcoin', import.meta.url));

/** A slow registry gets this long, in milliseconds. */
const INSTALL_TIMEOUT_MS = 120_000;

/** npm settings of an `npm run` that this process may be part of, and that must not reach our own. */
const FOREIGN_NPM_SETTINGS =
  /^npm_config_(workspaces?|include_workspace_root|prefix|local_prefix|global|omit|include|dry_run)$/iu;

/** Where bcoin is installed, if it is: the folder that holds its `node_modules`. */
export function findBcoin(): string | undefined {
  const manifest = join(INSTALL_DIRECTORY, 'node_modules', 'bcoin', 'package.json');
  return existsSync(manifest) ? INSTALL_DIRECTORY : undefined;
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
  const installed = findBcoin();
  if (installed !== undefined) return installed;
  // Built beside its place and then moved: two processes may install at once, none sees a half.
  const scratch = `${INSTALL_DIRECTORY}-${process.pid}`;
  mkdirSync(dirname(scratch), { recursive: true });
  try {
    cpSync(join(TOOL_DIRECTORY, 'install'), scratch, { recursive: true });
    runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', scratch]);
    if (findBcoin() === undefined) moveInto(INSTALL_DIRECTORY, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return INSTALL_DIRECTORY;
}

function moveInto(directory: string, scratch: string): void {
  try {
    renameSync(scratch, directory);
  } catch (error) {
    // Another process was first. Anything else in that place is not ours to remove.
    if (findBcoin() === undefined) throw error;
  }
}

function runNpm(parameters: readonly string[]): void {
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
  throw new Error(`cannot install bcoin: ${reason}\n${result.stderr ?? ''}`.trimEnd());
}

/** The npm that runs us if one does, else the one on the path. */
function npmCommand(): [command: string, first: readonly string[]] {
  const running = process.env['npm_execpath'];
  if (running !== undefined && basename(running) === 'npm-cli.js') {
    return [process.execPath, [running]];
  }
  return ['npm', []];
}
