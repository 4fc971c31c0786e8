import { afterAll, afterEach, expect } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const cache = mkdtempSync(join(tmpdir(), 'btcp2p-node-cache-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const directories: string[] = [];
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A new directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-node-'));
  directories.push(directory);
  return directory;
}

/** Expects equal bytes. jest's own `toEqual` takes a microsecond a byte. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  if (actual !== undefined && Buffer.compare(actual, expected) === 0) return;
  expect(actual && Buffer.from(actual).toString('hex')).toBe(Buffer.from(expected).toString('hex'));
}

/**
 * Starts a TypeScript file of `test/support` as a process of its own, which ends with the test.
 *
 * @param options.fileSizeLimit bytes that no file of its may exceed
 * @param options.through a command that runs the one that stands behind it
 * @param options.hasErrors whether the caller reads standard error; else it goes where ours does
 * @param options.isBuilt whether packages are what was built, and not their sources
 */
export function startChild(
  file: string,
  args: readonly string[],
  options: {
    readonly fileSizeLimit?: number;
    readonly through?: readonly string[];
    readonly hasErrors?: boolean;
    readonly isBuilt?: boolean;
  } = {},
): ChildProcess {
  const { fileSizeLimit, through = [], hasErrors = false, isBuilt = false } = options;
  const command = [
    ...through,
    process.execPath,
    '--no-warnings',
    ...(isBuilt ? [] : ['--conditions=@btcp2p/source']),
    `--import=${join(import.meta.dirname, 'typescript.mjs')}`,
    join(import.meta.dirname, file),
    ...args,
  ];
  if (fileSizeLimit !== undefined) {
    // POSIX: `ulimit -f` counts blocks of 512 bytes.
    command.unshift('sh', '-c', `ulimit -f ${fileSizeLimit / 512} && exec "$@"`, 'sh');
  }
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['pipe', 'pipe', hasErrors ? 'pipe' : 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', BTCP2P_TEST_CACHE: cache },
  });
  children.add(child);
  return child;
}

/** What a child wrote, and how it ended. */
export async function outcome(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly signal: string | null; readonly output: Buffer }> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, output: Buffer.concat(chunks) }));
  });
}
