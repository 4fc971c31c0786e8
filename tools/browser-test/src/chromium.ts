import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What the program is called: by Debian and others, and where Google's own is installed. */
const NAMES: readonly string[] = ['chromium', 'google-chrome'];

/** Chromium, or why there is none. */
export type FoundChromium =
  | { readonly path: string }
  | { readonly path: undefined; readonly reason: string };

/**
 * The Chromium to test with: what `CHROMIUM` names (a relative path counts from the repository
 * root), or else the first in `PATH`. Throws if `CHROMIUM` names no program.
 */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (!named) return NAMES.map(inPath).find((path) => path !== undefined);
  const path = resolve(ROOT, named);
  if (!isProgram(path)) throw new Error(`CHROMIUM names no program: ${named}`);
  return path;
}

/**
 * Finds Chromium, or installs Debian's package where that was asked for: by `npm run test:browser`,
 * or by `CI`. If there is none in the end, it says why.
 */
export function obtainChromium(): FoundChromium {
  const path = findChromium();
  if (path !== undefined) return { path };
  const mayInstall = Boolean(process.env['CI'] || process.env['BTCP2P_INSTALL_CHROMIUM']);
  const problem = mayInstall ? installChromium() : '`npm run test:browser` installs it, or tries';
  const installed = findChromium();
  if (installed !== undefined) return { path: installed };
  const reason = `no chromium in PATH (or set CHROMIUM to the binary): ${problem ?? 'not installed'}`;
  return { path: undefined, reason };
}

/** Installs Debian's package. Returns why it could not. */
function installChromium(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root could install it';
  if (inPath('apt-get') === undefined) return 'there is no apt-get to install it with';
  process.stderr.write('no chromium in PATH: installing the package by apt-get\n');
  return aptGet('update') ?? aptGet('install', '--yes', '--no-install-recommends', 'chromium');
}

function aptGet(...args: string[]): string | undefined {
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::http::Timeout=20'];
  const { status, stderr } = spawnSync('apt-get', [...options, ...args], {
    timeout: 240_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return `apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`;
}

function inPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
