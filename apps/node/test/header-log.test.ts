import { describe, expect, test } from '@jest/globals';
import { consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
import { mainnet, regtest, toHex } from '@btcp2p/wire';
import { describeWithData, headersFile } from '@btcp2p/testdata';
import { HeaderLog } from '../src/storage/header-log.ts';
import type { StorageNotice } from '../src/storage/ports.ts';
import { Storage } from '../src/storage/storage.ts';
import { makeBlock, makeHeaders } from './support/blocks.ts';
import { MemoryFileSystem, systemError } from './support/memory-file-system.ts';
import { hash256 } from './support/hash.ts';
import { expectBytes } from './support/support.ts';

const PATH = '/blocks/headers.dat';
const NOW = 2_000_000_000;

const headers = makeHeaders(50);
const headerAt = (i: number): Uint8Array => headers.subarray(80 * i, 80 * (i + 1));

function open(disk: MemoryFileSystem): { log: HeaderLog; notices: StorageNotice[]; failures: Error[] } {
  const notices: StorageNotice[] = [];
  const failures: Error[] = [];
  const log = new HeaderLog({
    directory: '/blocks',
    fileSystem: disk,
    notice: (notice) => notices.push(notice),
    failed: (error) => failures.push(error),
  });
  return { log, notices, failures };
}

const newTree = (): HeaderTree =>
  new HeaderTree({ params: consensusParams(regtest), anchor: genesisAnchor(regtest), sha256d: hash256 });

const accept = (tree: HeaderTree) => (header: Uint8Array) => tree.add(header, NOW).status === 'added';

describe('the header log', () => {
  test('comes back as it went, in order, forks and all', async () => {
    const disk = new MemoryFileSystem();
    const { log } = open(disk);
    expect(await log.load(() => true)).toEqual({ accepted: 0, cut: 0 });
    const fork = makeHeaders(5, 7);
    await Promise.all([
      log.append(headers.subarray(0, 80 * 20)),
      log.append(fork),
      log.append(headers.subarray(80 * 20)),
    ]);
    expect(log.size).toBe(55);
    await log.close();

    const again = open(disk);
    const tree = newTree();
    expect(await again.log.load(accept(tree))).toEqual({ accepted: 55, cut: 0 });
    expect([tree.size, tree.height(tree.best), again.log.size, again.notices]).toEqual([56, 50, 55, []]);
    expectBytes(tree.headerBytes(tree.best), headerAt(49));
  });

  test('cut at every byte of the last header, and written on', async () => {
    for (let end = 80 * 49; end < 80 * 50; end++) {
      const disk = new MemoryFileSystem({}, [[PATH, headers.subarray(0, end)]]);
      const { log, notices } = open(disk);
      expect(await log.load(accept(newTree()))).toEqual({ accepted: 49, cut: end - 80 * 49 });
      expect(notices.length).toBe(end === 80 * 49 ? 0 : 1);
      await log.append(headerAt(49));
      await log.close();
      expectBytes(disk.files.get(PATH), headers);
    }
  });

  test('a header that is not one any more, and all after it, are cut off', async () => {
    for (let byte = 0; byte < 80; byte++) {
      const disk = new MemoryFileSystem({}, [[PATH, headers]]);
      disk.files.get(PATH)![80 * 30 + byte]! ^= 1 << (byte % 8);
      const { log, notices } = open(disk);
      const tree = newTree();
      const { accepted, cut } = await log.load(accept(tree));
      // Work is cheap on regtest, so the changed header may pass; its child then has no parent.
      expect([30, 31]).toContain(accepted);
      expect([cut, notices]).toEqual([
        80 * (50 - accepted),
        [
          {
            code: 'headers-cut',
            detail: `${PATH}: ${cut} bytes after ${accepted} good headers were cut off`,
          },
        ],
      ]);
      expectBytes(disk.files.get(PATH)!.subarray(0, 80 * 30), headers.subarray(0, 80 * 30));
      expect(disk.files.get(PATH)!.length).toBe(80 * accepted);
      expect(tree.size).toBe(1 + accepted);
    }
  });

  test('a full disk, then room again', async () => {
    const disk = new MemoryFileSystem({ capacity: 1_000 });
    const { log, failures } = open(disk);
    await log.load(() => true);
    await log.append(headers.subarray(0, 800));
    await expect(log.append(headers.subarray(800))).rejects.toMatchObject({ code: 'disk-full' });
    await expect(log.append(headerAt(0))).rejects.toBe(failures[0]);
    await expect(log.close()).rejects.toBe(failures[0]);
    expect([disk.files.get(PATH)!.length, failures.length]).toEqual([800, 1]);
    const again = open(disk);
    expect(await again.log.load(accept(newTree()))).toEqual({ accepted: 10, cut: 0 });
  });

  test('misuse and unreadable files', async () => {
    const { log } = open(new MemoryFileSystem());
    expect(() => log.append(headers)).toThrow('load');
    await log.load(() => true);
    expect(() => log.append(headers.subarray(1))).toThrow(RangeError);
    await expect(log.load(() => true)).rejects.toThrow('once');
    const fail = (): Error => systemError('EIO', 'i/o error');
    const broken = open(new MemoryFileSystem({ fail }, [[PATH, headers]]));
    await expect(broken.log.load(() => true)).rejects.toMatchObject({
      code: 'io',
      message: `Input or output failed on ${PATH}: i/o error`,
    });
  });
});

describe('storage', () => {
  const openStorage = (
    disk: MemoryFileSystem,
    failed: (error: Error) => void = () => {},
  ): Promise<Storage> =>
    Storage.open({ directory: '/blocks', network: regtest, syncInterval: 0, fileSystem: disk, failed });

  test('jobs of a node', async () => {
    const disk = new MemoryFileSystem();
    const storage = await openStorage(disk);
    await storage.loadHeaders(newTree(), NOW);
    const { bytes, hash } = makeBlock(600, 0, regtest.genesisHash);
    const results = await Promise.all([
      storage.perform({ type: 'append-headers', headers }),
      storage.perform({ type: 'append-block', hash, bytes }),
    ]);
    expect(results).toEqual([{ type: 'appended' }, { type: 'appended' }]);
    const read = await storage.perform({ type: 'read-block', hash });
    expectBytes(read.type === 'block' ? read.bytes : undefined, bytes);
    expect(await storage.perform({ type: 'read-block', hash: new Uint8Array(32) })).toEqual({
      type: 'failed',
      detail: 'not stored',
    });
    await storage.close();

    const again = await openStorage(disk);
    const tree = newTree();
    expect(await again.loadHeaders(tree, NOW)).toEqual({ accepted: 50, cut: 0 });
    const entries = [...again.blocks.hashes()]
      .map((each) => tree.find(each))
      .map((entry) => tree.height(entry!));
    expect(entries).toEqual([0, 1]);
  });

  test('a block is not kept before the headers asked for earlier are', async () => {
    const disk = new MemoryFileSystem();
    const storage = await openStorage(disk);
    await storage.loadHeaders(newTree(), NOW);
    const failures: Error[] = [];
    disk.faults.fail = (operation, path) =>
      operation === 'write' && path === PATH
        ? systemError('ENOSPC', 'no space left on device')
        : undefined;
    const jobs = [
      storage.perform({ type: 'append-headers', headers }),
      storage.perform({ type: 'append-block', ...makeBlock(600, 0, regtest.genesisHash) }),
    ];
    const detail = `Disk space is too low! Cannot write to ${PATH}: no space left on device`;
    expect(await Promise.all(jobs)).toEqual([
      { type: 'failed', detail },
      { type: 'failed', detail },
    ]);
    await expect(storage.close()).rejects.toThrow(detail);
    expect(failures).toEqual([]);
  });

  test('a failure is reported once', async () => {
    const disk = new MemoryFileSystem();
    const failures: Error[] = [];
    const storage = await openStorage(disk, (error) => failures.push(error));
    await storage.loadHeaders(newTree(), NOW);
    disk.faults.capacity = disk.used;
    const results = await Promise.all([
      storage.perform({ type: 'append-headers', headers }),
      storage.perform({ type: 'append-block', ...makeBlock(1) }),
    ]);
    expect(results.map(({ type }) => type)).toEqual(['failed', 'failed']);
    expect(failures.length).toBe(1);
  });

  test('a clock that was set back refuses no header', async () => {
    const disk = new MemoryFileSystem({}, [[PATH, headers]]);
    const storage = await openStorage(disk);
    expect(await storage.loadHeaders(newTree(), 1_000_000)).toEqual({ accepted: 50, cut: 0 });
  });
});

describeWithData('real headers', () => {
  test('10,236 of mainnet', async () => {
    const real = headersFile('mainnet_0-10236').subarray(80);
    const disk = new MemoryFileSystem({ shortRead: (length) => Math.min(length, 1_000_003) });
    const params = consensusParams(mainnet);
    const tree = (): HeaderTree =>
      new HeaderTree({ params, anchor: genesisAnchor(mainnet), sha256d: hash256 });
    const first = open(disk);
    await first.log.load(() => true);
    await first.log.append(real);
    await first.log.close();
    const loaded = tree();
    expect(await open(disk).log.load(accept(loaded))).toEqual({ accepted: 10_236, cut: 0 });
    expect(toHex(loaded.headerBytes(loaded.best))).toBe(toHex(real.subarray(-80)));
  });
});
