import { afterEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { KeyValueChange } from '@btcp2p/chainstate';
import { keyValueStoreCompliance } from '@btcp2p/chainstate/compliance';
import { LmdbStore, MAX_KEY_SIZE } from '../src/storage/kv/lmdb-store.ts';
import { sortedOrder } from '../src/storage/kv/sorted-order.ts';
import { batchOf, checkBatches } from './support/kv-data.ts';
import { outcome, startChild, temporaryDirectory } from './support/support.ts';

const stores: LmdbStore[] = [];

function opened(directory = temporaryDirectory()): LmdbStore {
  const store = LmdbStore.open(directory);
  stores.push(store);
  return store;
}

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const put = (key: number, value: number): KeyValueChange => ({ key: bytes(key), value: bytes(value) });

describe('what every store has to do', () => {
  test.each(keyValueStoreCompliance.map(({ name, run }) => [name, run] as const))('%s', (_, run) => {
    run(() => opened());
  });
});

describe('a directory', () => {
  test('is made, opened again, and opened elsewhere when copied', () => {
    const directory = join(temporaryDirectory(), 'chain.state', 'new');
    const store = opened(directory);
    for (let batch = 0; batch < 12; batch++) store.write(batchOf(batch));
    store.close();
    expect(readdirSync(directory).sort()).toEqual(['data.mdb', 'lock.mdb']);
    expect(checkBatches(opened(directory))).toBe(11);
    stores.pop()!.close();

    const copy = join(temporaryDirectory(), 'copy');
    cpSync(directory, copy, { recursive: true });
    rmSync(directory, { recursive: true });
    rmSync(join(copy, 'lock.mdb'));
    const moved = opened(copy);
    expect(checkBatches(moved)).toBe(11);
    moved.write(batchOf(12));
    expect(checkBatches(moved)).toBe(12);
  });

  test('that has something else is refused, and so is a file', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'data.mdb'), new Uint8Array(10_000).fill(1));
    expect(() => opened(directory)).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('data.mdb') }),
    );
    expect(statSync(join(directory, 'data.mdb')).size).toBe(10_000);
    expect(() => opened(join(directory, 'data.mdb'))).toThrow(expect.objectContaining({ code: 'io' }));
  });

  test('with a file of which only a part was copied: an error, and not the end of the process', () => {
    const directory = temporaryDirectory();
    const store = opened(directory);
    for (let batch = 0; batch < 9; batch++) store.write(batchOf(batch));
    store.close();
    const path = join(directory, 'data.mdb');
    truncateSync(path, Math.floor(statSync(path).size / 2));
    const damaged = opened(directory);
    expect(() => checkBatches(damaged)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(() => [...damaged.entries(bytes(0), bytes(0xff))]).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
    truncateSync(path, 4_100);
    damaged.close();
    expect(() => opened(directory)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    writeFileSync(path, new Uint8Array(8_192));
    expect(checkBatches(opened(directory))).toBe(-1);
  });

  test('that cannot be written is refused with a clear error', () => {
    // To the superuser permissions are nothing.
    if (process.platform === 'win32' || process.getuid!() === 0) return;
    const directory = join(temporaryDirectory(), 'read-only');
    mkdirSync(directory);
    chmodSync(directory, 0o555);
    expect(() => opened(directory)).toThrow(expect.objectContaining({
      code: 'read-only',
      message: `Cannot write to ${join(directory, 'data.mdb')}; check permissions (permission denied).`,
    }));
  });
});

describe('writes', () => {
  test('of a key that is none change nothing, and others go on', () => {
    const store = opened();
    const longest = new Uint8Array(MAX_KEY_SIZE).fill(7);
    store.write([put(1, 1), { key: longest, value: bytes(7) }]);
    for (const length of [0, MAX_KEY_SIZE + 1]) {
      const change = { key: new Uint8Array(length), value: bytes(1) };
      expect(() => store.write([put(1, 2), change])).toThrow(RangeError);
      expect(() => store.write([put(1, 2), { ...change, value: undefined }])).toThrow(RangeError);
    }
    expect(store.get(bytes(1))).toEqual(bytes(1));
    store.write([put(1, 3)]);
    expect(store.getMany([bytes(1), longest])).toEqual([bytes(3), bytes(7)]);
  });

  test('large and small values, and plain arrays when they are read', () => {
    const store = opened();
    const sizes = [0, 1, 2_000, 4_096, 32_767, 32_768, 65_536, 65_537, 3_000_000];
    const values = sizes.map((size) => new Uint8Array(size).map((_, i) => i * 7));
    store.write(values.map((value, i) => ({ key: bytes(i), value })));
    const read = store.getMany(values.map((_, i) => bytes(i)));
    const ranged = [...store.entries(bytes(0), bytes(0xff))].map(({ value }) => value);
    for (const found of [read, ranged]) {
      expect(found.map((value) => [value!.length, value!.constructor === Uint8Array])).toEqual(
        sizes.map((size) => [size, true]),
      );
      expect(found.every((value, i) => Buffer.compare(value!, values[i]!) === 0)).toBe(true);
    }
  });

  test('space of what was replaced is used again', () => {
    const directory = temporaryDirectory();
    const store = opened(directory);
    const write = (round: number): void => {
      const value = new Uint8Array(50).fill(round);
      store.write(Array.from({ length: 5_000 }, (_, i) => ({ key: bytes(1, i >> 8, i), value })));
    };
    for (let round = 0; round < 4; round++) write(round);
    const { size } = statSync(join(directory, 'data.mdb'));
    for (let round = 0; round < 20; round++) write(round);
    expect(statSync(join(directory, 'data.mdb')).size).toBeLessThanOrEqual(1.1 * size);
  });

  test('sync, and a store that is closed', () => {
    const store = opened();
    store.write([put(1, 1)]);
    store.sync();
    const range = store.entries(bytes(0), bytes(9))[Symbol.iterator]();
    store.close();
    store.close();
    expect(() => store.get(bytes(1))).toThrow('the store is closed');
    expect(() => store.write([])).toThrow('the store is closed');
    expect(() => store.entries(bytes(0), bytes(1))).toThrow('the store is closed');
    expect(() => store.sync()).toThrow('the store is closed');
    expect(range.next().done).toBe(true);
  });
});

describe('a range', () => {
  test('shows what was there while the file is written over and over', () => {
    const store = opened();
    for (let batch = 0; batch < 3; batch++) store.write(batchOf(batch));
    const [held, left] = [0, 1].map(() => store.entries(bytes(0), bytes(0xff))[Symbol.iterator]());
    const before = [...store.entries(bytes(0), bytes(0xff))];
    expect(held!.next().value).toEqual(before[0]);
    left!.next();
    for (let batch = 3; batch < 12; batch++) {
      store.write(batchOf(batch));
      if (batch === 5) left!.return!();
    }
    for (const entry of before.slice(1)) {
      const { key, value } = held!.next().value as typeof entry;
      expect(Buffer.compare(key, entry.key) || Buffer.compare(value, entry.value)).toBe(0);
    }
    expect([held!.next().done, held!.next().done, left!.next().done]).toEqual([true, true, true]);
    expect(checkBatches(store)).toBe(11);
  });

  test('that nobody can go through any more holds nothing', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const store = opened();
    store.write([put(1, 1)]);
    // More than there are places for readers.
    for (let i = 0; i < 400; i++) {
      store.entries(bytes(0), bytes(9))[Symbol.iterator]().next();
      store.write([put(1, i)]);
      if (i % 50 !== 0) continue;
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([...store.entries(bytes(0), bytes(9))].length).toBe(1);
  });

  test('many at once, and more than there are places for readers one after the other', () => {
    const store = opened();
    store.write([put(1, 1), put(2, 2)]);
    for (let i = 0; i < 500; i++) {
      for (const { key } of store.entries(bytes(0), bytes(9))) {
        expect(key).toEqual(bytes(1));
        break;
      }
      store.write([put(3, i)]);
    }
    const ranges = Array.from({ length: 50 }, (_, i) => {
      store.write([put(3, i)]);
      return store.entries(bytes(3), bytes(4));
    });
    expect(ranges.map((range) => [...range][0]!.value[0])).toEqual(ranges.map((_, i) => i));
  });
});

test('the order in which a batch is applied', () => {
  const keys = [[5, 9], [5, 1], [5, 0xff, 0, 0, 0], [5], [5, 9], [5, 0x7f, 1], [5, 9]];
  const order = sortedOrder(keys.map((key) => ({ key: bytes(...key), value: undefined })));
  expect([...order]).toEqual([3, 1, 0, 4, 6, 5, 2]);
});

test('in a worker, which may be ended while it writes', async () => {
  const { code, output } = await outcome(startChild('kv-worker-child.ts', [temporaryDirectory()]));
  expect([code, output.toString()]).toEqual([
    0, `{"tests":${keyValueStoreCompliance.length},"lasts":3}\n`,
  ]);
}, 60_000);
