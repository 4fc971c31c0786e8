import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeSha256d } from '@btcp2p/reactor';
import { RegtestChain, writeBlockFile } from '@btcp2p/regtest';
import { startReplayPeer } from '@btcp2p/replay-peer';
import { hashToHex, regtest } from '@btcp2p/wire';
import { inspect } from './support/crash-check.ts';
import { NodeProcess, type NodeEnd, type NodeProcessOptions } from './support/node-process.ts';
import { SpendingBlocks } from './support/spending-blocks.ts';
import { temporaryDirectory } from './support/support.ts';

const blocks = new SpendingBlocks({ seed: 77n, reorgs: 6, depth: 10, transactions: 40 });
const best = hashToHex(blocks.headers.hash(blocks.headers.best));
const hash = blocks.coins.hashAt(blocks.headers.best);
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0;

/** So small a cache that coins are stored all the time. */
const CHAIN = { dbCache: 2 ** 20 + 7_400 };

function blockFile(directory: string, list: readonly { readonly bytes: Uint8Array }[]): string {
  const file = join(directory, 'import.dat');
  writeBlockFile(file, regtest, list.map(({ bytes }) => bytes));
  return file;
}

/** Runs a node that is to end by itself. */
async function ended(
  base: string,
  args: readonly string[],
  options: NodeProcessOptions = {},
): Promise<NodeEnd> {
  const node = new NodeProcess(base, ['-fastprune', ...args], { chain: CHAIN, ...options });
  // One that finds nothing wrong does not have to be waited for.
  const timer = setTimeout(() => node.child.kill(), 30_000);
  const result = await node.ended;
  clearTimeout(timer);
  return result;
}

/** One that says what is the matter, in one line, and no more. */
function expectOneLine({ code, errors }: NodeEnd, line: RegExp): void {
  expect(errors).toMatch(line);
  expect([code, errors.split('\n').length]).toEqual([1, 2]);
}

/** With enough room a node goes on to where it has to be. */
async function expectGoesOn(base: string, args: readonly string[]): Promise<void> {
  const node = new NodeProcess(base, ['-connect=0', '-fastprune', ...args]);
  await node.logged(/Loaded best chain/);
  expect(await node.end()).toEqual({ code: 0, errors: '' });
  expect(inspect(node.directory)).toMatchObject({ tip: best, hash, left: { best, hash } });
}

describe('files that may not grow', () => {
  test.each([20_000, 50_000, 100_000])('beyond %d bytes', async (fileSizeLimit) => {
    if (process.platform === 'win32') return;
    const base = temporaryDirectory();
    const loading = [`-loadblock=${blockFile(temporaryDirectory(), blocks.blocks)}`];
    const options = { fileSizeLimit: Math.ceil(fileSizeLimit / 512) * 512 };
    const result = await ended(base, ['-connect=0', ...loading], options);
    expectOneLine(result, /^Error: Disk space is too low! Cannot write to \S+: file too large\n$/);
    await expectGoesOn(base, loading);
  }, 60_000);
});

/** Runs a command with a disk of its own in place of a directory, and keeps what is on it. */
const onDisk = (mebibytes: number, disk: string, keep: string): string[] => [
  'unshare', '-rm', 'sh', '-c',
  `mount -t tmpfs -o size=${mebibytes}m none "$1" && disk="$1" && keep="$2" && shift 2 && "$@"; ` +
    'code=$?; cp -r "$disk"/. "$keep"; exit $code',
  'sh', disk, keep,
];

(canMount ? describe : describe.skip)('a disk', () => {
  test('that is nearly full already', async () => {
    const disk = temporaryDirectory();
    const through = onDisk(40, disk, temporaryDirectory());
    expectOneLine(await ended(disk, ['-connect=0'], { through }), /^Error: Disk space is low for "\S+"\n$/);
  });

  test.each(['from a file', 'from a peer'])('that becomes full while blocks come %s', async (from) => {
    const [disk, keep] = [temporaryDirectory(), temporaryDirectory()];
    const large = new RegtestChain(nativeSha256d).mine(75, { padding: 900_000 });
    const tip = hashToHex(large.at(-1)!.hash(nativeSha256d));
    const list = [regtest.genesis, ...large].map(({ bytes }) => bytes);
    const peer = await startReplayPeer({ network: regtest, blocks: list });
    try {
      const args =
        from === 'from a peer'
          ? [`-connect=${peer.address}`]
          : ['-connect=0', `-loadblock=${blockFile(temporaryDirectory(), large)}`];
      const result = await ended(disk, args, { through: onDisk(56, disk, keep) });
      expectOneLine(result, /^Error: Disk space is too low! Cannot write to \S+: no space left on device\n$/);
      const found = inspect(join(keep, 'regtest'));
      expect(found.stored.size).toBeGreaterThan(40);
      const node = new NodeProcess(keep, args);
      await node.logged(new RegExp(`(?:new best|hashBestChain)=${tip} `));
      expect(await node.end()).toEqual({ code: 0, errors: '' });
      expect(inspect(node.directory)).toMatchObject({ tip });
    } finally {
      await peer.close();
    }
  }, 60_000);

  test.each([
    ['.'], ['regtest'], ['regtest/blocks'], ['regtest/blocks/index'], ['regtest/chainstate'],
    ['regtest/indexes'], ['regtest/indexes/txindex'],
  ])('where %s is read-only', async (directory) => {
    const base = temporaryDirectory();
    cpSync(await whole(), base, { recursive: true });
    const through = [
      'unshare', '-rm', 'sh', '-c',
      'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"',
      'sh', join(base, directory),
    ];
    const result = await ended(base, ['-connect=0', '-txindex'], { through });
    expectOneLine(result, /^Error: (?:Cannot write to .*check permissions|Cannot create directory).*\n$/);
    await expectGoesOn(base, ['-txindex']);
  }, 60_000);
});

let made: Promise<string> | undefined;
/** A data directory with all blocks. */
function whole(): Promise<string> {
  made ??= (async () => {
    const base = mkdtempSync(join(tmpdir(), 'btcp2p-whole-'));
    process.once('exit', () => rmSync(base, { recursive: true, force: true }));
    const node = new NodeProcess(base, [
      '-connect=0', '-fastprune', '-txindex', `-loadblock=${blockFile(temporaryDirectory(), blocks.blocks)}`,
    ]);
    await node.logged(/Loaded best chain/);
    await node.end();
    return base;
  })();
  return made;
}
