import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { mainnet, toHex } from '@btcp2p/wire';
import { blkFile, dataPath, describeWithData } from '@btcp2p/testdata';
import { scanBlocks, type ScannedBlock } from '../src/storage/files/scan-blocks.ts';
import { makeBlock } from './support/blocks.ts';
import { hide, KEY, magic, openFiles, PLAIN, record, scanAll } from './support/disk-files.ts';
import { expectBytes, temporaryDirectory } from './support/support.ts';

/** A file of these parts. */
function fileOf(parts: readonly Uint8Array[], key: Uint8Array = KEY): string {
  const path = join(temporaryDirectory(), 'some.dat');
  writeFileSync(path, hide(Uint8Array.from(Buffer.concat(parts)), key));
  return path;
}

const blocks = Array.from({ length: 6 }, (_, i) => makeBlock(i, 100 + 7 * i).bytes);
const hexes = blocks.map(toHex);

describe('a scan', () => {
  test('finds every block with its place and size, and reads what is asked for', () => {
    const path = fileOf(blocks.map((block) => record(block)));
    let position = 8;
    const seen: ScannedBlock[] = [];
    for (const block of scanBlocks(path, KEY, magic, 17)) {
      const expected = blocks[seen.length]!;
      expect([block.file, block.position, block.size]).toEqual([17, position, expected.length]);
      expectBytes(block.header(), expected.subarray(0, 80));
      expectBytes(block.bytes(), expected);
      position += 8 + expected.length;
      // All that came before, too, as long as the scan lasts.
      seen.push(block);
      for (const [i, earlier] of seen.entries()) expectBytes(earlier.bytes(), blocks[i]!);
    }
    expect(seen.length).toBe(blocks.length);
    expect(() => seen[0]!.bytes()).toThrow('the scan has ended');
    expect(() => seen[0]!.header()).toThrow('the scan has ended');
  });

  test('an empty file, a missing one, one that is stopped half way', () => {
    expect(scanAll(fileOf([]))).toEqual([]);
    for (const size of [1, 3, 4, 8, 87]) expect(scanAll(fileOf([new Uint8Array(size)]))).toEqual([]);
    expect(() => scanAll(join(temporaryDirectory(), 'none'))).toThrow('ENOENT');
    const path = fileOf(blocks.map((block) => record(block)));
    for (const block of scanBlocks(path, KEY, magic)) {
      expectBytes(block.bytes(), blocks[0]!);
      break;
    }
  });

  test('a directory: file after file, up to the first that is missing', () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory, { fastPrune: true });
    const at = [1, 2, 3, 4].map((n) => files.writeBlock(new Uint8Array(50_000).fill(n), n, n));
    files.remove(3);
    const found = Array.from(scanBlocks(directory, KEY, magic));
    expect(found.map(({ file, position }) => ({ file, position }))).toEqual(at.slice(0, 3));
  });

  test('what is between blocks is passed over', () => {
    const junk = [
      new Uint8Array(1), magic, magic.subarray(0, 3), new Uint8Array(70_000),
      record(new Uint8Array(79)),
      Uint8Array.of(...magic, 0xff, 0xff, 0xff, 0xff), Uint8Array.of(...magic, 1, 9, 0x3d, 0),
      record(new Uint8Array(4_000_001)).subarray(0, 100), new Uint8Array(2_000_000).fill(magic[0]!),
    ];
    for (const key of [KEY, PLAIN]) {
      const parts = junk.flatMap((bytes, i) => [bytes, record(blocks[i % 6]!)]);
      const found = scanAll(fileOf([...parts, ...junk], key), key).map(toHex);
      expect(found).toEqual(junk.map((_, i) => hexes[i % 6]));
    }
  });

  test('a record that is longer than the file hides none that follow', () => {
    const torn = record(new Uint8Array(3_000_000)).subarray(0, 50);
    const found = scanAll(fileOf([record(blocks[0]!), torn, record(blocks[1]!), torn]));
    expect(found.map(toHex)).toEqual(hexes.slice(0, 2));
  });

  test('one that is rejected hides none that it contains', () => {
    const inner = [record(blocks[1]!), record(blocks[2]!)];
    const path = fileOf([record(blocks[0]!), record(Buffer.concat(inner)), record(blocks[3]!)]);
    const found: string[] = [];
    for (const block of scanBlocks(path, KEY, magic)) {
      const hex = toHex(block.bytes());
      if (hexes.includes(hex)) found.push(hex);
      else block.reject();
    }
    expect(found).toEqual(hexes.slice(0, 4));
    // Otherwise, as in Core, its length is believed.
    expect(scanAll(path).length).toBe(3);
  });

  test('property: as a search byte after byte, whatever the sizes', () => {
    // Pieces that bring magic, lengths and windows of 4,096 bytes and 1 MiB into all relations.
    const piece = fc.oneof(
      fc.constant(magic), fc.constant(Uint8Array.of(100, 0, 0, 0)),
      fc.nat(5_000).map((size) => record(new Uint8Array(80 + size).fill(size))),
      fc.nat(200_000).map((size) => record(new Uint8Array(80 + size))),
      fc.constant(record(new Uint8Array(1_048_576))),
      fc.nat(70_000).map((size) => new Uint8Array(size)),
      fc.uint8Array({ maxLength: 9 }),
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), fc.boolean(), (parts, hidden) => {
      const bytes = Buffer.concat(parts);
      const key = hidden ? KEY : PLAIN;
      const expected: [number, number][] = [];
      for (let at = bytes.indexOf(magic); at >= 0; ) {
        const size = at + 8 <= bytes.length ? bytes.readUInt32LE(at + 4) : 0;
        const fits = size >= 80 && size <= 4_000_000 && at + 8 + size <= bytes.length;
        if (fits) expected.push([at + 8, size]);
        at = bytes.indexOf(magic, fits ? at + 8 + size : at + 1);
      }
      const path = fileOf(parts, key);
      const found = Array.from(scanBlocks(path, key, magic), ({ position, size }) => [position, size]);
      expect(found).toEqual(expected);
      for (const block of scanBlocks(path, key, magic)) {
        expectBytes(block.bytes(), bytes.subarray(block.position, block.position + block.size));
        expectBytes(block.header(), bytes.subarray(block.position, block.position + 80));
      }
    }), { numRuns: 60 });
  });
});

describeWithData('real blocks', () => {
  const name = 'blocks-early/mainnet_blocks_1-256.blk';
  const real = blkFile(name).map(toHex);

  test('of mainnet, in a file', () => {
    expect(real.length).toBe(255);
    const found = Array.from(scanBlocks(dataPath(name), PLAIN, mainnet.magic));
    expect(found.map(({ size }) => size)).toEqual(real.map(({ length }) => length / 2));
    const read = Array.from(scanBlocks(dataPath(name), PLAIN, mainnet.magic), (block) => block.bytes());
    expect(read.map(toHex)).toEqual(real);
  });

  test('kept and found again', () => {
    const directory = temporaryDirectory();
    const files = openFiles(directory);
    for (const [height, block] of blkFile(name).entries()) files.writeBlock(block, height, 0);
    expect(scanAll(directory).map(toHex)).toEqual(real);
  });
});
