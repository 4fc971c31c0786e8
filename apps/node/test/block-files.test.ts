import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { checkProofOfWork, consensusParams } from '@btcp2p/consensus';
import { regtest, toHex } from '@btcp2p/wire';
import { blkFile, describeWithData } from '@btcp2p/testdata';
import type { NodeError } from '../src/node-error.ts';
import { BlockIndex } from '../src/storage/block-index.ts';
import { obfuscate } from '../src/storage/obfuscation.ts';
import type { StorageNotice } from '../src/storage/ports.ts';
import { Storage } from '../src/storage/storage.ts';
import { BlockFiles, type BlockFilesOptions } from '../src/storage/block-files.ts';
import { makeBlock, type MadeBlock } from './support/blocks.ts';
import { MemoryFileSystem, systemError } from './support/memory-file-system.ts';
import { hash256 } from './support/hash.ts';
import { expectBytes } from './support/support.ts';

const DIRECTORY = '/blocks';
const FIRST = '/blocks/blk00000.dat';
/** Bytes that the genesis block takes in a file. */
const GENESIS = 8 + regtest.genesis.bytes.length;

const blocks = Array.from({ length: 12 }, (_, i) => makeBlock(i, 370 - 30 * i));

const params = consensusParams(regtest);
const headerBits = (header: Uint8Array): number => new DataView(header.buffer).getUint32(72, true);

interface Opened {
  readonly storage: Storage;
  readonly notices: StorageNotice[];
  readonly failures: NodeError[];
}

async function openStorage(fileSystem: MemoryFileSystem, xor = true): Promise<Opened> {
  const notices: StorageNotice[] = [];
  const failures: NodeError[] = [];
  const storage = await Storage.open({
    directory: DIRECTORY,
    network: regtest,
    xor,
    syncInterval: 0,
    sha256d: hash256,
    fileSystem,
    notice: (notice) => notices.push(notice),
    failed: (error) => failures.push(error),
  });
  return { storage, notices, failures };
}

/** A disk with these blocks, appended one after another. */
async function diskWith(made: readonly MadeBlock[], xor = true): Promise<MemoryFileSystem> {
  const disk = new MemoryFileSystem();
  const { storage } = await openStorage(disk, xor);
  for (const { bytes } of made) await storage.blocks.append(bytes);
  await storage.close();
  return disk;
}

async function expectStored(storage: Storage, made: readonly MadeBlock[]): Promise<void> {
  for (const { hash, bytes } of made) expectBytes(await storage.blocks.read(hash), bytes);
}

describe('hiding', () => {
  test('property: as byte for byte, at any position and alignment, and it undoes itself', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.nat(1_000),
        fc.nat(9),
        (bytes, key, position, shift) => {
          const buffer = new Uint8Array(bytes.length + shift);
          buffer.set(bytes, shift);
          const target = buffer.subarray(shift);
          obfuscate(target, key, position);
          expect(target).toEqual(bytes.map((byte, i) => byte ^ key[(position + i) % 8]!));
          obfuscate(target, key, position);
          expect(target).toEqual(bytes);
        },
      ),
    );
  });

  test('a new directory gets a random key, an old one zeros; the stored key counts', async () => {
    const disk = await diskWith(blocks.slice(0, 2));
    const key = disk.files.get('/blocks/xor.dat')!;
    expect(key.length).toBe(8);
    expect(key.some((byte) => byte !== 0)).toBe(true);
    expect(
      toHex(
        disk.files
          .get(FIRST)!
          .subarray(0, 4)
          .map((byte, i) => byte ^ key[i]!),
      ),
    ).toBe('fabfb5da');
    const other = await diskWith([]);
    expect(other.files.get('/blocks/xor.dat')).not.toEqual(key);

    const { storage } = await openStorage(disk);
    await expectStored(storage, blocks.slice(0, 2));
    await expect(openStorage(disk, false)).rejects.toThrow(
      'The blocksdir XOR-key can not be disabled when a random key was already stored! ' +
        `Stored key: '${toHex(key)}', stored path: '/blocks/xor.dat'.`,
    );
    const old = new MemoryFileSystem({}, [['/blocks/index', new Uint8Array(0)]]);
    await openStorage(old);
    expect(old.files.get('/blocks/xor.dat')).toEqual(new Uint8Array(8));
    const hidden = new MemoryFileSystem({}, [['/blocks/.lock', new Uint8Array(0)]]);
    await openStorage(hidden);
    expect(hidden.files.get('/blocks/xor.dat')).not.toEqual(new Uint8Array(8));
  });

  test('a key that is cut short is one clear error', async () => {
    const disk = new MemoryFileSystem({}, [['/blocks/xor.dat', new Uint8Array(3)]]);
    await expect(openStorage(disk)).rejects.toThrow(
      'The key file /blocks/xor.dat has 3 bytes instead of 8.',
    );
  });
});

describe('the format', () => {
  test('magic, size, block; first the genesis block, as in Core', async () => {
    const disk = await diskWith(blocks.slice(0, 1), false);
    const block = blocks[0]!.bytes;
    const size = Uint8Array.of(block.length, block.length >> 8, 0, 0);
    expect(toHex(disk.files.get(FIRST)!)).toBe(
      ['fabfb5da', '1d010000', toHex(regtest.genesis.bytes), 'fabfb5da', toHex(size), toHex(block)].join(
        '',
      ),
    );
  });

  test('blocks in any order, twice, and from several files', async () => {
    const disk = await diskWith(blocks.toReversed(), false);
    disk.files.set('/blocks/blk00007.dat', disk.files.get(FIRST)!.slice());
    const { storage, notices } = await openStorage(disk, false);
    expect([storage.blocks.size, notices]).toEqual([13, []]);
    await expectStored(storage, blocks);
    await storage.blocks.append(blocks[3]!.bytes);
    expect(disk.files.get('/blocks/blk00007.dat')!.length).toBe(disk.files.get(FIRST)!.length);
    const added = makeBlock(99);
    await storage.blocks.append(added.bytes, added.hash);
    expect(await storage.blocks.read(added.hash)).toEqual(added.bytes);
    expect(disk.files.get('/blocks/blk00007.dat')!.length).toBeGreaterThan(
      disk.files.get(FIRST)!.length,
    );
    const hashes = new Set([...storage.blocks.hashes()].map(toHex));
    expect(hashes).toEqual(
      new Set([regtest.genesisHash, ...blocks.map(({ hash }) => hash), added.hash].map(toHex)),
    );
  });

  test('what is not stored', async () => {
    const { storage } = await openStorage(new MemoryFileSystem());
    expect(storage.blocks.has(blocks[0]!.hash)).toBe(false);
    expect(await storage.blocks.read(blocks[0]!.hash)).toBeUndefined();
    await expect(storage.blocks.append(new Uint8Array(79))).rejects.toThrow(RangeError);
    await expect(storage.blocks.append(new Uint8Array(4_000_001))).rejects.toThrow(RangeError);
  });

  test('a block is known when it is acknowledged, not before; its bytes are copied at once', async () => {
    const { storage } = await openStorage(new MemoryFileSystem());
    const { bytes, hash } = blocks[0]!;
    const lent = bytes.slice();
    const stored = storage.blocks.append(lent);
    lent.fill(0);
    expect([storage.blocks.has(hash), storage.blocks.pendingBytes]).toEqual([false, bytes.length + 8]);
    await stored;
    expect([storage.blocks.has(hash), storage.blocks.pendingBytes]).toEqual([true, 0]);
    expect(await storage.blocks.read(hash)).toEqual(bytes);
  });
});

describe('several files', () => {
  const open = (disk: MemoryFileSystem, failures: NodeError[] = []): Promise<BlockFiles> => {
    const options: BlockFilesOptions = {
      directory: DIRECTORY,
      network: regtest,
      fileSystem: disk,
      sha256d: hash256,
      xor: true,
      maxFileSize: 1_000,
      checkHeader: () => true,
      verify: () => true,
      notice: () => {},
      failed: (error) => failures.push(error),
    };
    return BlockFiles.open(options);
  };

  test('each stays below the limit, and is complete before the next begins', async () => {
    const disk = new MemoryFileSystem();
    const order: string[] = [];
    disk.faults.onWrite = (path): unknown => order.push(path);
    const files = await open(disk);
    await Promise.all(blocks.map(({ bytes }) => files.append(bytes)));
    await files.sync();
    expect(order).toEqual([...order].sort());
    await files.close();
    const names = [...disk.files.keys()].filter((path) => path.includes('blk'));
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) expect(disk.files.get(name)!.length).toBeLessThan(1_000);

    const again = await open(disk);
    expect(again.size).toBe(13);
    for (const { hash, bytes } of blocks) expect(await again.read(hash)).toEqual(bytes);
  });

  test('a full disk while changing files: every later append fails alike', async () => {
    for (const path of ['/blocks/blk00000.dat', '/blocks/blk00001.dat', '/blocks/blk00002.dat']) {
      const disk = new MemoryFileSystem();
      const failures: NodeError[] = [];
      const files = await open(disk, failures);
      disk.faults.fail = (operation, at) =>
        operation === 'write' && at === path
          ? systemError('ENOSPC', 'no space left on device')
          : undefined;
      const results = await Promise.allSettled(blocks.map(({ bytes }) => files.append(bytes)));
      const first = results.findIndex(({ status }) => status === 'rejected');
      expect(first).toBeGreaterThanOrEqual(0);
      for (const result of results.slice(first))
        expect(result).toEqual({ status: 'rejected', reason: failures[0] });
      expect(failures.map(({ code }) => code)).toEqual(['disk-full']);
      await expect(files.append(makeBlock(50).bytes)).rejects.toBe(failures[0]);
      await expect(files.close()).rejects.toBe(failures[0]);

      delete disk.faults.fail;
      const again = await open(disk);
      for (const { hash, bytes } of blocks.slice(0, first))
        expect(await again.read(hash)).toEqual(bytes);
      expect(again.size).toBe(first + 1);
    }
  });

  test('many readers of many files', async () => {
    const disk = new MemoryFileSystem({ shortRead: (length) => Math.ceil(length / 2) });
    const files = await open(disk);
    const many = Array.from({ length: 60 }, (_, i) => makeBlock(1_000 + i, 500));
    await Promise.all(many.map(({ bytes }) => files.append(bytes)));
    const read = await Promise.all([...many, ...many].map(({ hash }) => files.read(hash)));
    expect(read).toEqual([...many, ...many].map(({ bytes }) => bytes));
    await files.close();
  });
});

describe('a tail that a crash leaves', () => {
  const last = blocks.at(-1)!;

  /** Opens the disk, and expects all blocks but perhaps the last, which can be stored again. */
  async function expectRecovered(
    disk: MemoryFileSystem,
    lastMaySurvive: boolean,
    others = 0,
  ): Promise<StorageNotice[]> {
    const { storage, notices } = await openStorage(disk);
    await expectStored(storage, blocks.slice(0, -1));
    const survived = storage.blocks.has(last.hash);
    if (!lastMaySurvive) expect(survived).toBe(false);
    await storage.blocks.append(last.bytes);
    await storage.close();
    const again = await openStorage(disk);
    expect([again.storage.blocks.size, again.notices]).toEqual([blocks.length + 1 + others, []]);
    await expectStored(again.storage, blocks);
    return notices;
  }

  test('cut at every byte of the last record', async () => {
    const whole = await diskWith(blocks);
    const size = whole.files.get(FIRST)!.length;
    const start = size - 8 - last.bytes.length;
    for (let end = start; end < size; end++) {
      const disk = new MemoryFileSystem({}, whole.files);
      disk.files.set(FIRST, disk.files.get(FIRST)!.slice(0, end));
      const notices = await expectRecovered(disk, false);
      const detail = `${FIRST}: ${end - start} bytes after the last whole block were cut off`;
      expect(notices).toEqual(end === start ? [] : [{ code: 'torn-tail', detail }]);
    }
  });

  test.each([
    ['zeros', () => 0],
    ['ones', () => 255],
    ['noise', (i: number) => createHash('sha256').update(`${i}`).digest()[0]!],
  ])('%s from every byte of the last record on', async (_, garbage) => {
    const whole = await diskWith(blocks);
    const size = whole.files.get(FIRST)!.length;
    for (let from = size - 8 - last.bytes.length; from < size; from++) {
      const disk = new MemoryFileSystem({}, whole.files);
      const bytes = disk.files.get(FIRST)!;
      let changed = false;
      for (let i = from; i < size; i++) {
        changed ||= bytes[i] !== garbage(i);
        bytes[i] = garbage(i);
      }
      const notices = await expectRecovered(disk, !changed);
      expect(notices.length).toBe(changed ? 1 : 0);
    }
  });

  test('one flipped bit anywhere in the last record', async () => {
    const whole = await diskWith(blocks);
    const size = whole.files.get(FIRST)!.length;
    const start = size - 8 - last.bytes.length;
    for (let at = start; at < size; at++) {
      const disk = new MemoryFileSystem({}, whole.files);
      disk.files.get(FIRST)![at]! ^= 1 << (at % 8);
      const header = last.bytes.slice(0, 80);
      const inHeader = at - start - 8;
      if (inHeader >= 0 && inHeader < 80) header[inHeader]! ^= 1 << (at % 8);
      // Work is so cheap on regtest that another header is likely to be one too: a block that nobody
      // asks for. Only what the header says of merkle root and target can be wrong.
      const isBlock = inHeader >= 0 && (inHeader < 36 || inHeader >= 68) && inHeader < 80;
      const passes = isBlock && checkProofOfWork(hash256(header), headerBits(header), params);
      const notices = await expectRecovered(disk, false, passes ? 1 : 0);
      expect(notices.map(({ code }) => code)).toEqual(passes ? [] : ['torn-tail']);
    }
  });

  test('garbage of any length behind the last record', async () => {
    const whole = await diskWith(blocks);
    for (const length of [1, 3, 4, 7, 8, 87, 88, 200, 5_000]) {
      const disk = new MemoryFileSystem({}, whole.files);
      const bytes = disk.files.get(FIRST)!;
      const longer = new Uint8Array(bytes.length + length).fill(0x5a);
      longer.set(bytes);
      disk.files.set(FIRST, longer);
      const { storage, notices } = await openStorage(disk);
      await expectStored(storage, blocks);
      expect(notices.map(({ code }) => code)).toEqual(['torn-tail']);
      expect(disk.files.get(FIRST)!.length).toBe(bytes.length);
    }
  });

  test('space that bitcoind reserves is no damage', async () => {
    const disk = await diskWith(blocks);
    const bytes = disk.files.get(FIRST)!;
    const longer = new Uint8Array(16 * 1_048_576);
    longer.set(bytes);
    disk.files.set(FIRST, longer);
    const { storage, notices } = await openStorage(disk);
    await expectStored(storage, blocks);
    expect(notices.map(({ code }) => code)).toEqual(['preallocated']);
    expect(disk.files.get(FIRST)!.length).toBe(bytes.length);
  });

  test('damage larger than any record is left as it is; writing goes on in the next file', async () => {
    const disk = await diskWith(blocks);
    const bytes = disk.files.get(FIRST)!;
    const longer = new Uint8Array(bytes.length + 4_000_009).fill(0x5a);
    longer.set(bytes);
    disk.files.set(FIRST, longer.slice());
    const { storage, notices } = await openStorage(disk);
    expect(notices.map(({ code }) => code)).toEqual(['damaged']);
    const added = makeBlock(77);
    await storage.blocks.append(added.bytes);
    await storage.close();
    expectBytes(disk.files.get(FIRST), longer);
    const again = await openStorage(disk);
    await expectStored(again.storage, [...blocks, added]);
    expect(again.notices.map(({ code }) => code)).toEqual(['damaged']);
  });

  test('damage in the middle that start does not see is an error when the block is read', async () => {
    const disk = await diskWith(blocks);
    const { storage } = await openStorage(disk);
    const bytes = disk.files.get(FIRST)!;
    bytes[GENESIS + 8 + 70]! ^= 1;
    await expect(storage.blocks.read(blocks[0]!.hash)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(`is damaged on disk, in ${FIRST} at ${GENESIS + 8}.`),
    });
    disk.files.set(FIRST, bytes.slice(0, GENESIS + 20));
    await expect(storage.blocks.read(blocks[0]!.hash)).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('the index', () => {
  test('property: like a Map', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(300), fc.nat(9)), { maxLength: 400 }), (entries) => {
        const index = new BlockIndex();
        const model = new Map<string, unknown>();
        // Many share their first four bytes, so that slots collide.
        const hashOf = (a: number, b: number): Uint8Array => {
          const hash = new Uint8Array(32);
          hash[0] = a;
          hash[31] = b;
          return hash;
        };
        for (const [i, [a, b]] of entries.entries()) {
          const hash = hashOf(a % 7, b + a);
          const position = { file: i, offset: 2 ** 32 - 1 - i, size: 4_000_000 };
          index.add(hash, position);
          if (!model.has(toHex(hash))) model.set(toHex(hash), position);
        }
        expect([...index.hashes()].map(toHex)).toEqual([...model.keys()]);
        for (const hash of index.hashes()) expect(index.get(hash)).toEqual(model.get(toHex(hash)));
        expect(index.get(hashOf(200, 0))).toBeUndefined();
        expect(index.size).toBe(model.size);
      }),
    );
  });

  test('grows', () => {
    const index = new BlockIndex();
    for (let i = 0; i < 10_000; i++)
      index.add(hash256(Uint8Array.of(i, i >> 8)), { file: i, offset: i, size: i });
    for (let i = 0; i < 10_000; i++) {
      expect(index.get(hash256(Uint8Array.of(i, i >> 8)))).toEqual({ file: i, offset: i, size: i });
    }
  });
});

describeWithData('real blocks', () => {
  test('2,016 blocks of the alternate mainnet chain come back as they went', async () => {
    const real = blkFile('alt-mainnet/alt_mainnet_1-2016.blk');
    const disk = new MemoryFileSystem();
    const { storage } = await openStorage(disk);
    // Regtest's limit of work lets mainnet's headers pass.
    await Promise.all(real.map((block) => storage.blocks.append(block)));
    await storage.close();
    const again = await openStorage(disk);
    expect([again.storage.blocks.size, again.notices]).toEqual([2_017, []]);
    for (const block of real)
      expectBytes(await again.storage.blocks.read(hash256(block.subarray(0, 80))), block);
  });
});
