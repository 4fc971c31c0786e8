import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataDirectory } from '../src/data-directory.ts';
import { lockDirectory } from '../src/directory-lock.ts';
import { NodeError } from '../src/node-error.ts';
import { startChild, temporaryDirectory } from './support/support.ts';

async function refusalOf(promise: Promise<unknown>): Promise<NodeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NodeError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('layout', () => {
  test.each([
    ['main', ''],
    ['test', 'testnet3'],
    ['testnet4', 'testnet4'],
    ['signet', 'signet'],
    ['regtest', 'regtest'],
  ] as const)('%s', async (chain, name) => {
    const base = join(temporaryDirectory(), 'new');
    const directory = await openDataDirectory(base, chain);
    expect(directory).toMatchObject({
      base,
      chain: join(base, name),
      blocks: join(base, name, 'blocks'),
    });
    expect(
      readdirSync(directory.chain)
        .filter((entry) => chain === 'main' || entry !== 'regtest')
        .sort(),
    ).toEqual(['.lock', 'blocks', 'wallets']);
    expect(readdirSync(join(directory.chain, 'wallets'))).toEqual([]);
    expect(readdirSync(directory.blocks)).toEqual(['.lock']);
    directory.release();
  });

  test('blocks may be elsewhere, in a directory that exists and that no other node uses', async () => {
    const base = temporaryDirectory();
    const elsewhere = temporaryDirectory();
    const first = await openDataDirectory(base, 'regtest', elsewhere);
    expect(first.blocks).toBe(join(elsewhere, 'regtest', 'blocks'));
    expect(readdirSync(first.chain).sort()).toEqual(['.lock', 'wallets']);
    expect(await refusalOf(openDataDirectory(temporaryDirectory(), 'regtest', elsewhere))).toMatchObject({
      code: 'locked',
      message: `Cannot obtain a lock on directory ${first.blocks}. btcp2p is probably already running.`,
    });
    first.release();
    expect(await refusalOf(openDataDirectory(base, 'regtest', join(elsewhere, 'x')))).toMatchObject({
      code: 'data-directory',
      message: `Specified blocks directory "${join(elsewhere, 'x')}" does not exist.`,
    });
  });

  test('a directory that was there gets no wallets', async () => {
    const base = temporaryDirectory();
    mkdirSync(join(base, 'regtest'));
    (await openDataDirectory(base, 'regtest')).release();
    expect(readdirSync(join(base, 'regtest')).sort()).toEqual(['.lock', 'blocks']);
    expect(readdirSync(base)).toEqual(['regtest']);
  });

  test('what cannot be made or written is one clear error', async () => {
    const base = temporaryDirectory();
    writeFileSync(join(base, 'file'), '');
    const below = await refusalOf(openDataDirectory(join(base, 'file', 'x'), 'main'));
    expect([below.code, below.message]).toEqual([
      'data-directory',
      `Cannot create directory ${base}/file/x/wallets: not a directory`,
    ]);
    const locked = await refusalOf(lockDirectory(join(base, 'none')));
    expect(locked.message).toBe(`Cannot write to directory '${base}/none'; check permissions.`);
  });
});

test('a directory that may not be written is one clear error', async () => {
  // root may write everywhere but where nobody can.
  const isRoot = process.getuid?.() === 0;
  const directory = isRoot ? '/proc' : temporaryDirectory();
  if (!isRoot) chmodSync(directory, 0o555);
  const error = await refusalOf(lockDirectory(directory));
  expect([error.code, error.message]).toEqual([
    'data-directory',
    `Cannot write to directory '${directory}'; check permissions.`,
  ]);
});

describe('lock', () => {
  const refusal = (directory: string): string =>
    `Cannot obtain a lock on directory ${directory}. btcp2p is probably already running.`;

  test('a second taker is refused, until the first releases it', async () => {
    const base = temporaryDirectory();
    const first = await openDataDirectory(base, 'regtest');
    const error = await refusalOf(openDataDirectory(base, 'regtest'));
    expect([error.code, error.message]).toEqual(['locked', refusal(join(base, 'regtest'))]);
    first.release();
    (await openDataDirectory(base, 'regtest')).release();
  });

  test('whatever path leads there; but each chain has its own', async () => {
    const base = temporaryDirectory();
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(base, link);
    const first = await openDataDirectory(base, 'regtest');
    expect((await refusalOf(openDataDirectory(link, 'regtest'))).code).toBe('locked');
    const other = await openDataDirectory(base, 'signet');
    first.release();
    other.release();
  });

  test('the lock file itself is locked, for those who see no sockets of ours', async () => {
    const base = temporaryDirectory();
    const first = await lockDirectory(base);
    const { spawnSync } = await import('node:child_process');
    const flock = (): number | null => spawnSync('flock', ['-n', join(base, '.lock'), 'true']).status;
    const held = flock();
    first.release();
    // Where the machine has no flock program, both are null.
    expect([held, flock()]).toEqual(held === null ? [null, null] : [1, 0]);
    expect(statSync(join(base, '.lock')).size).toBe(0);
  });

  const firstLine = async (child: ChildProcess): Promise<string> => {
    const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
    return chunk.toString().trim();
  };

  test('kill -9 frees it at once, time after time', async () => {
    const base = temporaryDirectory();
    for (let round = 0; round < 3; round++) {
      const child = startChild('lock-child.ts', [base]);
      expect(await firstLine(child)).toBe('held');
      expect((await refusalOf(openDataDirectory(base, 'regtest'))).code).toBe('locked');
      child.kill('SIGKILL');
      await once(child, 'exit');
      (await openDataDirectory(base, 'regtest')).release();
    }
  });

  test('of many that start together, exactly one gets it', async () => {
    const base = temporaryDirectory();
    const children = Array.from({ length: 8 }, () => startChild('lock-child.ts', [base]));
    const lines = await Promise.all(children.map(firstLine));
    expect(lines.filter((line) => line === 'held').length).toBe(1);
    expect(lines.filter((line) => line === `locked: ${refusal(join(base, 'regtest'))}`).length).toBe(7);
  });
});
