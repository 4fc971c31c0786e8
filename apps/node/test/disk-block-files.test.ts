import { describe, expect, test } from '@jest/globals';
import {
  appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync,
  truncateSync, unlinkSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { BlockFileInfo, BlockPosition } from '@btcp2p/chainstate';
import { toHex } from '@btcp2p/wire';
import type { DiskBlockFiles } from '../src/storage/files/disk-block-files.ts';
import { blocksXorKey, externalXorKey } from '../src/storage/files/blocks-xor-key.ts';
import {
  cleanupBlockRevFiles, fileNumbers, reindexFileNumbers, removeUndoFiles,
} from '../src/storage/files/file-names.ts';
import { obfuscate } from '../src/storage/obfuscation.ts';
import { makeBlock } from './support/blocks.ts';
import {
  blkPath, hide, KEY, openFiles, PLAIN, record, revPath, scanAll,
} from './support/disk-files.ts';
import { expectBytes, temporaryDirectory } from './support/support.ts';

const blocks = Array.from({ length: 8 }, (_, i) => makeBlock(i, 200 - 20 * i).bytes);
const undos = Array.from({ length: 8 }, (_, i) => new Uint8Array(1 + 9 * i).fill(i));
const sums = undos.map((_, i) => new Uint8Array(32).fill(0x80 + i));

/** Writes some of these blocks, and undo data for each. */
function write(files: DiskBlockFiles, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    files.writeBlock(blocks[i]!, i, 1_000 + i);
    files.writeUndo(0, undos[i]!, sums[i]!);
  }
}

/** Fills a directory with all of them. */
function filled(directory: string): ReadonlyMap<number, BlockFileInfo> {
  const files = openFiles(directory);
  write(files, 0, blocks.length);
  return files.files();
}

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

describe('hiding', () => {
  test('property: as byte for byte, at any position and alignment, and it undoes itself', () => {
    const keys = fc.uint8Array({ minLength: 8, maxLength: 8 });
    const contents = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(contents, keys, fc.nat(1_000), fc.nat(9), (bytes, key, position, shift) => {
        const target = new Uint8Array(bytes.length + shift).subarray(shift);
        target.set(bytes);
        obfuscate(target, key, position);
        expect(target).toEqual(hide(bytes.slice(), key, position));
        obfuscate(target, key, position);
        expect(target).toEqual(bytes);
      }),
    );
  });
});

describe('the format', () => {
  test.each([['plain', PLAIN], ['hidden', KEY]])('%s', (_, key) => {
    const directory = temporaryDirectory();
    const files = openFiles(directory, { key });
    const first = files.writeBlock(blocks[0]!, 0, 5);
    const second = files.writeBlock(blocks[1]!, 1, 6);
    const undo = files.writeUndo(0, undos[1]!, sums[1]!);
    expect([first, second, undo]).toEqual([
      { file: 0, position: 8 },
      { file: 0, position: 16 + blocks[0]!.length },
      8,
    ]);
    const expected = Buffer.concat([record(blocks[0]!), record(blocks[1]!)]);
    expectBytes(hide(readFileSync(blkPath(directory)), key), expected);
    expectBytes(hide(readFileSync(revPath(directory)), key), record(undos[1]!, sums[1]!));
    expectBytes(files.readBlock(first), blocks[0]!);
    expectBytes(files.readBlock(second), blocks[1]!);
    const read = files.readUndo({ file: 0, position: undo });
    expect(read).toEqual({ undo: undos[1]!, checksum: sums[1]! });
    files.sync();
    files.sync();
  });

  test('property: what was written is read, whatever the order, the sizes and the reopening', () => {
    const size = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 90_000 }));
    const step = fc.oneof(
      size.map((bytes) => ({ kind: 'block', bytes })),
      size.map((bytes) => ({ kind: 'undo', bytes })),
      fc.constantFrom('reopen', 'forget', 'sync').map((kind) => ({ kind, bytes: 0 })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.nat(), (steps, seed) => {
        const directory = temporaryDirectory();
        const options = { key: hide(KEY.slice(), Uint8Array.of(seed)), fastPrune: true };
        let files = openFiles(directory, options);
        const [written, undone]: [BlockPosition[], BlockPosition[]] = [[], []];
        const data: Record<'block' | 'undo', Uint8Array[]> = { block: [], undo: [] };
        for (const [i, { kind, bytes }] of steps.entries()) {
          const content = new Uint8Array(kind === 'block' ? bytes + 80 : bytes + 1).fill(i + seed);
          if (kind === 'block') {
            written.push(files.writeBlock(content, i, i));
            data.block.push(content);
          } else if (kind === 'undo') {
            // Of the file of any block so far.
            const file = written[seed % written.length]?.file ?? 0;
            undone.push({ file, position: files.writeUndo(file, content, sums[0]!) });
            data.undo.push(content);
          } else if (kind === 'sync') {
            files.sync();
          } else {
            const infos = kind === 'reopen' ? files.files() : new Map();
            files = openFiles(directory, { ...options, infos });
          }
        }
        for (const [i, at] of written.entries()) expectBytes(files.readBlock(at), data.block[i]!);
        for (const [i, at] of undone.entries()) expectBytes(files.readUndo(at).undo, data.undo[i]!);
        expect(scanAll(directory, options.key).map(toHex)).toEqual(data.block.map(toHex));
        for (const [file, { size }] of files.files()) {
          const path = blkPath(directory, file);
          expect(existsSync(path) ? statSync(path).size : 0).toBe(size);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('sizes that no block and no checksum have', () => {
    const files = openFiles(temporaryDirectory());
    expect(() => files.writeBlock(new Uint8Array(79), 0, 0)).toThrow(RangeError);
    expect(() => files.writeBlock(new Uint8Array(4_000_001), 0, 0)).toThrow(RangeError);
    expect(() => files.writeUndo(0, undos[0]!, new Uint8Array(31))).toThrow(RangeError);
    expect(files.files().get(0)?.size ?? 0).toBe(0);
  });

  test('undo data larger than any block', () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory);
    const large = new Uint8Array(20_000_000).fill(3);
    const positions = [large, undos[1]!].map((undo) => files.writeUndo(0, undo, sums[0]!));
    expectBytes(files.readUndo({ file: 0, position: positions[0]! }).undo, large);
    expectBytes(files.readUndo({ file: 0, position: positions[1]! }).undo, undos[1]!);
  });
});

describe('what is known of the files', () => {
  test('blocks in any order', () => {
    const files = openFiles(temporaryDirectory());
    for (const [height, time] of [[7, 70], [5, 90], [9, 40]]) {
      files.writeBlock(blocks[0]!, height!, time!);
    }
    files.writeUndo(0, undos[2]!, sums[2]!);
    expect([...files.files()]).toEqual([[0, {
      blocks: 3, size: 3 * (8 + blocks[0]!.length), undoSize: 40 + undos[2]!.length,
      heightFirst: 5, heightLast: 9, timeFirst: 40, timeLast: 90,
    }]]);
  });

  test('an info that changes is another object, others stay', () => {
    const files = openFiles(temporaryDirectory(), { fastPrune: true });
    files.writeBlock(new Uint8Array(65_000), 1, 1);
    const before = files.files().get(0);
    files.writeBlock(new Uint8Array(65_000), 2, 2);
    expect(files.files().get(0)).toBe(before);
    files.writeUndo(0, undos[0]!, sums[0]!);
    expect(files.files().get(0)).not.toBe(before);
  });

  test('a file stays below its limit; one block may be larger (-fastprune)', () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory, { fastPrune: true });
    const place = (size: number): number => files.writeBlock(new Uint8Array(size), 0, 0).file;
    // 65,536 is the limit: two records of 32,768 reach it.
    expect([32_760, 32_760, 32_759 - 8, 80].map(place)).toEqual([0, 1, 1, 2]);
    expect([200_000, 80, 65_527, 65_528, 80].map(place)).toEqual([3, 4, 5, 6, 7]);
    expect(statSync(blkPath(directory, 3)).size).toBe(200_008);
  });

  test('without -fastprune the limit is 128 MiB', () => {
    const directory = temporaryDirectory();
    const size = 0x8000000 - 8 - 80;
    writeFileSync(blkPath(directory), '');
    truncateSync(blkPath(directory), size - 1);
    const info = { blocks: 1, undoSize: 0, heightFirst: 0, heightLast: 0, timeFirst: 0, timeLast: 0 };
    const files = openFiles(directory, { infos: new Map([[0, { ...info, size: size - 1 }]]) });
    expect(files.writeBlock(new Uint8Array(80), 0, 0)).toEqual({ file: 0, position: size + 7 });
    expect(files.writeBlock(new Uint8Array(80), 0, 0)).toEqual({ file: 1, position: 8 });
    const exact = openFiles(directory, { infos: new Map([[1, { ...info, size }]]) });
    truncateSync(blkPath(directory, 1), size);
    expect(exact.writeBlock(new Uint8Array(80), 0, 0)).toEqual({ file: 2, position: 8 });
  });

  test('-reindex: blocks that are in files already are noted', () => {
    const directory = temporaryDirectory();
    const first = openFiles(directory, { fastPrune: true });
    const at = [1, 2, 3].map((n) => first.writeBlock(new Uint8Array(50_000 + n), n, 10 * n));
    expect(at.map(({ file }) => file)).toEqual([0, 1, 2]);
    const again = openFiles(directory, { fastPrune: true });
    for (const [i, place] of at.entries()) {
      again.updateBlockInfo(place, 50_001 + i, i + 1, 10 * (i + 1));
    }
    expect([...again.files()]).toEqual([...first.files()]);
    expect(again.writeBlock(new Uint8Array(60_000), 4, 4).file).toBe(3);
  });
});

describe('while a snapshot is proved, blocks from its height on', () => {
  const place = (files: DiskBlockFiles, height: number, size = 30_000): number =>
    files.writeBlock(new Uint8Array(size), height, 0).file;

  test('have files of their own, until it is', () => {
    const files = openFiles(temporaryDirectory(), { fastPrune: true });
    expect([1, 2, 3].map((height) => place(files, height))).toEqual([0, 0, 1]);
    files.keepApart(100);
    expect([100, 4, 101, 5, 99, 102].map((height) => place(files, height))).toEqual([2, 1, 2, 3, 3, 4]);
    files.keepApart(undefined);
    expect([6, 103].map((height) => place(files, height))).toEqual([4, 5]);
  });

  test('also after a restart, and what was written behind the last info is found in both', () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory, { fastPrune: true });
    files.keepApart(100);
    expect([1, 100].map((height) => place(files, height, 10_000))).toEqual([1, 2]);
    const infos = new Map(files.files());
    expect([2, 101].map((height) => place(files, height, 10_000))).toEqual([1, 2]);
    appendFileSync(blkPath(directory, 1), 'torn');
    const again = openFiles(directory, { fastPrune: true, infos });
    again.keepApart(100);
    expect([...again.files().values()].map(({ size }) => size)).toEqual([20_016, 20_016]);
    expect([3, 102].map((height) => place(again, height, 10_000))).toEqual([1, 2]);
    expect(statSync(blkPath(directory, 1)).size).toBe(30_024);
  });

  test('do not go on in a file that was deleted', () => {
    const files = openFiles(temporaryDirectory(), { fastPrune: true });
    place(files, 1);
    files.keepApart(100);
    place(files, 100);
    files.remove(0);
    expect([2, 101].map((height) => place(files, height))).toEqual([2, 1]);
  });
});

describe('reading what is not there', () => {
  test('each is an error that says what and where', () => {
    const directory = temporaryDirectory();
    filled(directory);
    const files = openFiles(directory);
    const path = blkPath(directory);
    const end = statSync(path).size;
    for (const position of [0, 7, 9, 100]) {
      expect(() => files.readBlock({ file: 0, position })).toThrow(
        `There is no record in ${path} at byte ${position}.`,
      );
    }
    expect(codeOf(() => files.readBlock({ file: 0, position: end }))).toBe('corrupt');
    expect(() => files.readBlock({ file: 0, position: end + 8 })).toThrow('The file ends');
    expect(codeOf(() => files.readBlock({ file: 0, position: 9 }))).toBe('corrupt');
    expect(codeOf(() => files.readBlock({ file: 1, position: 8 }))).toBe('ENOENT');
    expect(codeOf(() => files.readUndo({ file: 1, position: 8 }))).toBe('ENOENT');
    // A length that no block has, and one that the file does not have.
    appendFileSync(path, hide(record(new Uint8Array(79)), KEY, end));
    expect(() => files.readBlock({ file: 0, position: end + 8 })).toThrow('cannot have 79 bytes');
    const torn = statSync(path).size;
    appendFileSync(path, hide(record(blocks[0]!).slice(0, -1), KEY, torn));
    expect(() => files.readBlock({ file: 0, position: torn + 8 })).toThrow('The file ends in');
    const huge = statSync(path).size;
    const head = record(new Uint8Array(0));
    head.set([1, 0, 0, 2], 4);
    appendFileSync(path, hide(head, KEY, huge));
    expect(() => files.readBlock({ file: 0, position: huge + 8 })).toThrow('have 33554433 bytes');
  });

  test('files may be moved away, put back, and deleted', () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory);
    const at = files.writeBlock(blocks[0]!, 0, 0);
    const undo = { file: 0, position: files.writeUndo(0, undos[0]!, sums[0]!) };
    for (const path of [blkPath(directory), revPath(directory)]) renameSync(path, `${path}.away`);
    expect(codeOf(() => files.readBlock(at))).toBe('ENOENT');
    expect(codeOf(() => files.readUndo(undo))).toBe('ENOENT');
    files.sync();
    for (const path of [blkPath(directory), revPath(directory)]) renameSync(`${path}.away`, path);
    expectBytes(files.readBlock(at), blocks[0]!);
    unlinkSync(blkPath(directory));
    // As in Core, the file then has a hole.
    expectBytes(files.readBlock(files.writeBlock(blocks[1]!, 0, 0)), blocks[1]!);
    expect(codeOf(() => files.readBlock(at))).toBe('corrupt');
  });
});

describe('opening what a crash left', () => {
  // The last of these records is the one that may be torn.
  const last = blocks.length - 1;
  /** Fills a directory. Returns infos that know only the first blocks. */
  function stale(directory: string): ReadonlyMap<number, BlockFileInfo> {
    const files = openFiles(directory);
    write(files, 0, last - 2);
    const infos = new Map(files.files());
    write(files, last - 2, blocks.length);
    return infos;
  }

  /** Opens, and expects all blocks and undo data but the last, which can be written once more. */
  function expectGoesOn(
    directory: string,
    infos: ReadonlyMap<number, BlockFileInfo>,
    between = 0,
  ): void {
    const whole = blocks.slice(0, last).reduce((sum, { length }) => sum + 8 + length, 0);
    const undoWhole = undos.slice(0, last).reduce((sum, { length }) => sum + 40 + length, 0);
    const files = openFiles(directory, { infos });
    const at = files.writeBlock(blocks[last]!, last, last);
    const undoAt = files.writeUndo(0, undos[last]!, sums[last]!);
    expect([at.position, undoAt]).toEqual([whole + between + 8, undoWhole + between + 8]);
    expectBytes(files.readBlock(at), blocks[last]!);
    expect(statSync(blkPath(directory)).size).toBe(at.position + blocks[last]!.length);
    expect(statSync(revPath(directory)).size).toBe(undoAt + undos[last]!.length + 32);
    let position = 8;
    for (let i = 0; i < last; i++) {
      const read = files.readUndo({ file: 0, position });
      expect(toHex(read.undo)).toBe(toHex(undos[i]!));
      position += 40 + undos[i]!.length;
    }
    expect(scanAll(directory).map(toHex)).toEqual(blocks.map(toHex));
  }

  test.each([
    ['stale', true],
    ['no', false],
  ])('%s infos, the last record cut at every byte', (_, known) => {
    const directory = temporaryDirectory();
    const infos = known ? stale(directory) : (filled(directory), new Map());
    const paths = [blkPath(directory), revPath(directory)];
    const [blk, rev] = paths.map((path) => readFileSync(path));
    const longest = Math.max(8 + blocks[last]!.length, 40 + undos[last]!.length);
    for (let missing = 1; missing <= longest; missing++) {
      writeFileSync(paths[0]!, blk!.subarray(0, -Math.min(missing, 8 + blocks[last]!.length)));
      writeFileSync(paths[1]!, rev!.subarray(0, -Math.min(missing, 40 + undos[last]!.length)));
      expectGoesOn(directory, infos);
    }
  });

  test('zeros that bitcoind reserves, behind whole and torn records', () => {
    const directory = temporaryDirectory();
    const infos = stale(directory);
    const paths = [blkPath(directory), revPath(directory)];
    const [blk, rev] = paths.map((path) => readFileSync(path));
    const cuts = [8 + blocks[last]!.length, 40 + undos[last]!.length];
    for (const reserved of [1, 7, 8, 9, 1_000, 3_000_000]) {
      for (const [i, bytes] of [blk!, rev!].entries()) {
        const size = bytes.length - cuts[i]!;
        writeFileSync(paths[i]!, bytes.subarray(0, size));
        truncateSync(paths[i]!, size + reserved);
      }
      expectGoesOn(directory, infos);
    }
  });

  test('anything else stays where it is, and writing goes on behind it', () => {
    const directory = temporaryDirectory();
    const infos = stale(directory);
    const paths = [blkPath(directory), revPath(directory)];
    const [blk, rev] = paths.map((path) => readFileSync(path));
    const cuts = [8 + blocks[last]!.length, 40 + undos[last]!.length];
    for (const garbage of [8, 9, 100, 70_000]) {
      for (const [i, bytes] of [blk!, rev!].entries()) {
        const whole = bytes.subarray(0, bytes.length - cuts[i]!);
        const content = new Uint8Array(garbage);
        content[garbage - 1] = 1;
        writeFileSync(paths[i]!, Buffer.concat([whole, content]));
      }
      expectGoesOn(directory, infos, garbage);
    }
  });

  test('a file that is shorter than known is not written where blocks were', () => {
    const directory = temporaryDirectory();
    const infos = filled(directory);
    const { size } = infos.get(0)!;
    truncateSync(blkPath(directory), 50);
    const files = openFiles(directory, { infos });
    expect(files.writeBlock(blocks[0]!, 9, 9).position).toBe(size + 8);
  });

  test('files that were begun after the last info', () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory, { fastPrune: true });
    for (let i = 0; i < 5; i++) files.writeBlock(new Uint8Array(40_000).fill(i), i, i);
    const known = new Map([...files.files()].slice(0, 2));
    const again = openFiles(directory, { infos: known, fastPrune: true });
    expect(again.writeBlock(blocks[0]!, 5, 5)).toEqual({ file: 4, position: 40_016 });
    expect([...again.files().keys()]).toEqual([0, 1, 2, 3, 4]);
    expect([1, 2, 3].map((n) => again.files().get(n)!.blocks)).toEqual([1, 0, 0]);
    expect([1, 2, 3].map((n) => again.files().get(n)!.size)).toEqual([40_008, 40_008, 40_008]);
  });
});

test('a failed write leaves no trace, and the next goes on', () => {
  if (!existsSync('/dev/full')) return;
  const directory = temporaryDirectory();
  const infos = filled(directory);
  const files = openFiles(directory, { infos });
  const before = files.files().get(0);
  // What this name leads to is always full.
  for (const path of [blkPath(directory), revPath(directory)]) {
    renameSync(path, `${path}.away`);
    symlinkSync('/dev/full', path);
  }
  expect(codeOf(() => files.writeBlock(blocks[0]!, 8, 8))).toBe('ENOSPC');
  expect(codeOf(() => files.writeUndo(0, undos[0]!, sums[0]!))).toBe('ENOSPC');
  expect(files.files().get(0)).toBe(before);
  for (const path of [blkPath(directory), revPath(directory)]) renameSync(`${path}.away`, path);
  expect(files.writeBlock(blocks[0]!, 8, 8).position).toBe(before!.size + 8);
  expect(files.writeUndo(0, undos[0]!, sums[0]!)).toBe(before!.undoSize + 8);
  expect(scanAll(directory).map(toHex)).toEqual([...blocks, blocks[0]!].map(toHex));
});

describe('deleting', () => {
  const many = (directory: string): ReturnType<typeof openFiles> => {
    const files = openFiles(directory, { fastPrune: true });
    for (let i = 0; i < 4; i++) {
      files.writeBlock(new Uint8Array(40_000), i, i);
      files.writeUndo(i, undos[i]!, sums[i]!);
    }
    return files;
  };
  const names = (directory: string): string =>
    readdirSync(directory).sort().map((name) => name.replace(/0000|\.dat/g, '')).join(' ');

  test('pruning takes both files; numbers are not used again', () => {
    const directory = temporaryDirectory();
    const files = many(directory);
    files.remove(1);
    unlinkSync(revPath(directory, 0));
    files.remove(0);
    expect([names(directory), [...files.files().keys()]]).toEqual(['blk2 blk3 rev2 rev3', [2, 3]]);
    files.remove(3);
    expect(files.writeBlock(blocks[0]!, 1, 1)).toEqual({ file: 4, position: 8 });
    files.sync();
    expect(files.existing()).toEqual([2, 4]);
  });

  test('what a crash kept from being deleted', () => {
    const directory = temporaryDirectory();
    const infos = new Map(many(directory).files());
    infos.delete(1);
    infos.set(2, { ...infos.get(2)!, size: 0 });
    unlinkSync(blkPath(directory, 2));
    const files = openFiles(directory, { infos, fastPrune: true });
    expect(files.removePruned()).toEqual([1, 2]);
    expect(names(directory)).toBe('blk0 blk3 rev0 rev3');
    expect(files.removePruned()).toEqual([]);
  });

  test('-reindex of a pruned node, as Core does it', () => {
    const directory = temporaryDirectory();
    many(directory);
    unlinkSync(blkPath(directory, 2));
    writeFileSync(join(directory, 'blk0000.dat'), '');
    writeFileSync(join(directory, 'xor.dat'), '');
    expect(reindexFileNumbers(directory)).toEqual([0, 1]);
    cleanupBlockRevFiles(directory);
    expect(names(directory)).toBe('blk blk0 blk1 xor');
    unlinkSync(blkPath(directory, 0));
    expect(reindexFileNumbers(directory)).toEqual([]);
    cleanupBlockRevFiles(directory);
    expect(fileNumbers(directory, 'blk')).toEqual([]);
  });

  test('undo files alone', () => {
    const directory = temporaryDirectory();
    many(directory);
    expect(removeUndoFiles(directory)).toEqual([0, 1, 2, 3]);
    expect(names(directory)).toBe('blk0 blk1 blk2 blk3');
  });
});

describe('the key', () => {
  test('a new directory gets a random one, an old one zeros; what is stored counts', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, '.lock'), '');
    const key = blocksXorKey(directory, true);
    expect(key.some((byte) => byte !== 0)).toBe(true);
    expect(toHex(readFileSync(join(directory, 'xor.dat')))).toBe(toHex(key));
    expect(readdirSync(directory).sort()).toEqual(['.lock', 'xor.dat']);
    expect(blocksXorKey(directory, true)).toEqual(key);
    expect(() => blocksXorKey(directory, false)).toThrow(
      'The blocksdir XOR-key can not be disabled when a random key was already stored! ' +
        `Stored key: '${toHex(key)}', stored path: '${join(directory, 'xor.dat')}'.`,
    );
    expect(blocksXorKey(temporaryDirectory(), true)).not.toEqual(key);
    for (const old of ['blk00000.dat', '.hidden']) {
      const other = temporaryDirectory();
      mkdirSync(join(other, old));
      expect(blocksXorKey(other, true)).toEqual(PLAIN);
    }
    const plain = temporaryDirectory();
    expect(blocksXorKey(plain, false)).toEqual(PLAIN);
    expect(blocksXorKey(plain, true)).toEqual(PLAIN);
    truncateSync(join(directory, 'xor.dat'), 7);
    expect(() => blocksXorKey(directory, true)).toThrow('has 7 bytes instead of 8');
  });

  test('of a file to load', () => {
    const directory = temporaryDirectory();
    expect(externalXorKey(blkPath(directory))).toEqual(PLAIN);
    const key = blocksXorKey(directory, true);
    expect(externalXorKey(blkPath(directory, 123_456))).toEqual(key);
    expect(externalXorKey(join(directory, 'bootstrap.dat'))).toEqual(PLAIN);
  });
});
