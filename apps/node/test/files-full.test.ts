import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { BlockFileInfo, BlockPosition } from '@btcp2p/chainstate';
import { makeBlock } from './support/blocks.ts';
import { blkPath, openFiles, revPath, scanAll } from './support/disk-files.ts';
import { expectBytes, outcome, startChild, temporaryDirectory } from './support/support.ts';

interface Outcome {
  readonly blocks: readonly (BlockPosition & { readonly size: number })[];
  readonly undos: readonly (BlockPosition & { readonly size: number })[];
  readonly errors: readonly string[];
  readonly infos: readonly [number, BlockFileInfo][];
}

/** All that a child says it wrote is there, and nothing else, and writing can go on. */
function expectWhole(directory: string, { blocks, undos, infos }: Outcome): void {
  const files = openFiles(directory, { infos: new Map(infos) });
  for (const at of blocks) expectBytes(files.readBlock(at), makeBlock(1, at.size).bytes);
  for (const at of undos) {
    expectBytes(files.readUndo(at).undo, new Uint8Array(at.size / 2).fill(7));
  }
  expect(statSync(blkPath(directory)).size).toBe(infos[0]![1].size);
  expect(statSync(revPath(directory)).size).toBe(infos[0]![1].undoSize);
  expect(scanAll(directory).length).toBe(blocks.length);
  const added = makeBlock(2, 70_000).bytes;
  expectBytes(files.readBlock(files.writeBlock(added, 0, 0)), added);
  expect(scanAll(directory).length).toBe(blocks.length + 1);
}

test('a file that may not grow: smaller blocks still fit, and nothing written is lost', async () => {
  if (process.platform === 'win32') return;
  const directory = temporaryDirectory();
  const child = startChild('files-full-child.ts', [directory], { fileSizeLimit: 1_024_000 });
  const { code, output } = await outcome(child);
  const result = JSON.parse(output.toString()) as Outcome;
  expect([code, result.errors]).toEqual([0, ['EFBIG', 'EFBIG', 'EFBIG']]);
  expect(new Set(result.blocks.map(({ size }) => size)).size).toBeGreaterThan(1);
  expectWhole(directory, result);
});

/** Runs a command with a disk of 1 MB that nobody else sees, and then copies what is on it. */
const ON_SMALL_DISK = [
  'unshare', '-rm', 'sh', '-c',
  'mount -t tmpfs -o size=1m none "$1" && disk="$1" && keep="$2" && shift 2 && "$@" && ' +
    'cp "$disk"/* "$keep"',
  'sh',
];
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0;

(canMount ? test : test.skip)('a full disk', async () => {
  const [disk, directory] = [temporaryDirectory(), temporaryDirectory()];
  const through = [...ON_SMALL_DISK, disk, directory];
  const child = startChild('files-full-child.ts', [disk], { through });
  const { code, output } = await outcome(child);
  const result = JSON.parse(output.toString()) as Outcome;
  expect([code, result.errors]).toEqual([0, ['ENOSPC', 'ENOSPC', 'ENOSPC']]);
  expectWhole(directory, result);
});
