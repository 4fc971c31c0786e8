import { afterEach, describe, expect, test } from '@jest/globals';
import { readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { BlockFileReader } from '../src/storage/files/block-file-reader.ts';
import { makeBlock } from './support/blocks.ts';
import { blkPath, KEY, magic, openFiles, revPath } from './support/disk-files.ts';
import { expectBytes, temporaryDirectory } from './support/support.ts';

const open: BlockFileReader[] = [];
afterEach(async () => {
  for (const reader of open.splice(0)) await reader.close();
});

function readerOf(directory: string): BlockFileReader {
  const reader = new BlockFileReader({ directory, magic, key: KEY });
  open.push(reader);
  return reader;
}

const blocks = Array.from({ length: 60 }, (_, i) => makeBlock(i, 2_000 + 500 * i).bytes);
const sum = new Uint8Array(32).fill(9);

describe('reading from another thread', () => {
  test('what was written is there at once, in many files, for many at a time', async () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory, { fastPrune: true });
    const reader = readerOf(directory);
    const at = [];
    for (const [i, block] of blocks.entries()) {
      const place = files.writeBlock(block, i, i);
      expectBytes(await reader.readBlock(place), block);
      at.push(place);
    }
    expect(at.at(-1)!.file).toBeGreaterThan(10);
    const read = await Promise.all([...at, ...at].map((place) => reader.readBlock(place)));
    for (const [i, bytes] of read.entries()) expectBytes(bytes, blocks[i % 60]!);
    const undo = files.writeUndo(3, blocks[5]!, sum);
    expect(await reader.readUndo({ file: 3, position: undo })).toEqual(
      files.readUndo({ file: 3, position: undo }),
    );
  });

  test('what is not there is an error', async () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory);
    const reader = readerOf(directory);
    await expect(reader.readBlock({ file: 0, position: 8 })).rejects.toMatchObject({ code: 'ENOENT' });
    const at = files.writeBlock(blocks[0]!, 0, 0);
    for (const position of [0, 7, 9, 8 + blocks[0]!.length, 5_000_000]) {
      await expect(reader.readBlock({ file: 0, position })).rejects.toMatchObject({ code: 'corrupt' });
    }
    await expect(reader.readUndo({ file: 9, position: 8 })).rejects.toMatchObject({ code: 'ENOENT' });
    expectBytes(await reader.readBlock(at), blocks[0]!);
  });

  test('a file that was moved away, replaced, put back', async () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory);
    const reader = readerOf(directory);
    const at = files.writeBlock(blocks[0]!, 0, 0);
    const undo = { file: 0, position: files.writeUndo(0, blocks[1]!, sum) };
    const path = blkPath(directory);
    /** What becomes of six reads at once. */
    async function states(): Promise<Set<string>> {
      const reads = [1, 2, 3, 4, 5].map(() => reader.readBlock(at));
      const results = await Promise.allSettled([...reads, reader.readUndo(undo)]);
      return new Set(results.map(({ status }) => status));
    }
    expect(await states()).toEqual(new Set(['fulfilled']));
    for (const name of [path, revPath(directory)]) renameSync(name, `${name}.away`);
    expect(await states()).toEqual(new Set(['rejected']));
    writeFileSync(path, new Uint8Array(100_000));
    await expect(reader.readBlock(at)).rejects.toMatchObject({ code: 'corrupt' });
    for (const name of [path, revPath(directory)]) renameSync(`${name}.away`, name);
    expect(await states()).toEqual(new Set(['fulfilled']));
    expectBytes(await reader.readBlock(at), blocks[0]!);
  });

  test('deleted files are let go', async () => {
    if (process.platform !== 'linux') return;
    const directory = temporaryDirectory();
    const files = openFiles(directory, { fastPrune: true });
    const reader = readerOf(directory);
    const at = blocks.map((block, i) => files.writeBlock(block, i, i));
    await Promise.all(at.map((place) => reader.readBlock(place)));
    const held = (): number => readdirSync('/proc/self/fd').length;
    const before = held();
    files.remove(at.at(-1)!.file);
    await expect(reader.readBlock(at.at(-1)!)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(held()).toBe(before - 1);
    unlinkSync(blkPath(directory, 0));
    await reader.close();
    // At most 8 were open.
    expect(before - held()).toBeGreaterThan(4);
    expect(before - held()).toBeLessThanOrEqual(8);
    expectBytes(await reader.readBlock(at[20]!), blocks[20]!);
  });
});
