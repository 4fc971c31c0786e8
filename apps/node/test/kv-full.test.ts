import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { LmdbStore } from '../src/storage/kv/lmdb-store.ts';
import { batchOf, checkBatches } from './support/kv-data.ts';
import { outcome, startChild, temporaryDirectory } from './support/support.ts';

test('a file that may not grow: one clear error, and the store as it was before', async () => {
  if (process.platform === 'win32') return;
  const directory = temporaryDirectory();
  const child = startChild('kv-full-child.ts', [directory], { fileSizeLimit: 2_048_000 });
  const { code, output } = await outcome(child);
  const { written, last, errors, failures } = JSON.parse(output.toString()) as {
    readonly written: number;
    readonly last: number;
    readonly errors: readonly (readonly [string, string])[];
    readonly failures: readonly string[];
  };
  const path = join(directory, 'data.mdb');
  const message = `Disk space is too low! Cannot write to ${path}: file too large`;
  const error = ['disk-full', message];
  expect([code, errors, failures]).toEqual([0, [error, error, error], [message]]);
  expect(written).toBeGreaterThan(3);
  expect(last).toBe(written - 1);

  const store = LmdbStore.open(directory);
  expect(checkBatches(store)).toBe(last);
  store.write(batchOf(written));
  expect(checkBatches(store)).toBe(written);
  store.close();
});
