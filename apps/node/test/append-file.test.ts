import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { existsSync } from 'node:fs';
import type { NodeError } from '../src/node-error.ts';
import { AppendFile, type AppendFileOptions } from '../src/storage/append-file.ts';
import { nodeFileSystem } from '../src/storage/file-system.ts';
import { MemoryFileSystem, systemError, type Faults } from './support/memory-file-system.ts';
import { expectBytes } from './support/support.ts';

const PATH = '/d/f';

interface Opened {
  readonly file: AppendFile;
  readonly disk: MemoryFileSystem;
  readonly failures: NodeError[];
  content(): Uint8Array;
}

function open(faults: Faults = {}, options: Partial<AppendFileOptions> = {}): Opened {
  const disk = new MemoryFileSystem(faults);
  const failures: NodeError[] = [];
  const failed = (error: NodeError): unknown => failures.push(error);
  const file = new AppendFile({ fileSystem: disk, path: PATH, position: 0, failed, ...options });
  return { file, disk, failures, content: () => disk.files.get(PATH) ?? new Uint8Array(0) };
}

const record = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const append = (file: AppendFile, bytes: Uint8Array): Promise<void> =>
  file.append(bytes.length, (target) => target.set(bytes));

describe('an append-only file', () => {
  test('property: any records, pauses, short writes: what is acknowledged is there, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ length: fc.integer({ min: 1, max: 50_000 }), pause: fc.boolean() }), {
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 70_000 }),
        async (records, most) => {
          const { file, content } = open({ shortWrite: (length) => Math.min(length, most) });
          let end = 0;
          const appended: Promise<void>[] = [];
          for (const [i, { length, pause }] of records.entries()) {
            const until = (end += length);
            appended.push(
              append(file, record(length, i)).then(() =>
                expect(content().length).toBeGreaterThanOrEqual(until),
              ),
            );
            if (pause) await appended.at(-1);
          }
          expect(file.end).toBe(end);
          await Promise.all(appended);
          await file.close();
          expectBytes(content(), Buffer.concat(records.map(({ length }, i) => record(length, i))));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('property: wherever the disk is full, the file ends with the last acknowledged record', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 1, max: 5 }),
        async (lengths, capacity, together) => {
          const { file, content, failures } = open({ capacity });
          let acknowledged = 0;
          let refused: unknown;
          for (let i = 0; i < lengths.length; i += together) {
            const group = lengths
              .slice(i, i + together)
              .map((length, j) => append(file, record(length, i + j)));
            for (const result of await Promise.allSettled(group)) {
              if (result.status === 'fulfilled') acknowledged++;
              else refused ??= result.reason;
              // The first failure is the last word.
              if (refused !== undefined) expect(result).toEqual({ status: 'rejected', reason: refused });
            }
          }
          const kept = Buffer.concat(
            lengths.slice(0, acknowledged).map((length, i) => record(length, i)),
          );
          expectBytes(content(), kept);
          expect(file.end).toBe(kept.length);
          expect(failures).toEqual(refused === undefined ? [] : [refused]);
          const total = lengths.reduce((a, b) => a + b);
          expect(refused === undefined).toBe(total <= capacity);
          await file.close().catch((error: unknown) => expect(error).toBe(refused));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('small records go out together, one write at a time; large ones on their own', async () => {
    const writes: number[] = [];
    const { file, disk } = open({ onWrite: (_, length) => writes.push(length) });
    const appends = Array.from({ length: 1_000 }, () => append(file, record(100, 1)));
    appends.push(append(file, record(3_000_000, 2)), append(file, record(5, 3)));
    expect(file.pendingBytes).toBe(3_100_005);
    await Promise.all(appends);
    expect([writes, disk.mostWriting, file.pendingBytes]).toEqual([[100_000, 3_000_000, 5], 1, 0]);
    await file.close();
  });

  test('the record is copied at once', async () => {
    const { file, content } = open();
    const bytes = record(3, 1);
    const written = append(file, bytes);
    bytes.fill(9);
    await written;
    expect(content()).toEqual(record(3, 1));
    await file.close();
  });

  test('sync waits for what was appended before, not for what comes after', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { file, content } = open({}, { after: gate });
    void append(file, record(10, 1));
    const synced = file.sync();
    let done = false;
    void synced.then(() => (done = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([done, content().length]).toEqual([false, 0]);
    release();
    await synced;
    expect(content().length).toBe(10);
    await file.close();
  });

  test('after close nothing is taken', async () => {
    const { file } = open();
    await append(file, record(1, 1));
    await file.close();
    await file.close();
    await expect(append(file, record(1, 1))).rejects.toThrow('closed');
  });
});

describe('failures are one clear error', () => {
  const cases = [
    ['ENOSPC', 'disk-full', 'Disk space is too low! Cannot write to /d/f: no space'],
    ['EDQUOT', 'disk-full', 'Disk space is too low! Cannot write to /d/f: no space'],
    ['EFBIG', 'disk-full', 'Disk space is too low! Cannot write to /d/f: no space'],
    ['EROFS', 'read-only', 'Cannot write to /d/f; check permissions (no space).'],
    ['EACCES', 'read-only', 'Cannot write to /d/f; check permissions (no space).'],
    ['EIO', 'io', 'Input or output failed on /d/f: no space'],
  ] as const;

  test.each(cases)('%s', async (systemCode, code, message) => {
    for (const operation of ['open', 'write', 'sync'] as const) {
      const { file, failures } = open({
        fail: (at) => (at === operation ? systemError(systemCode, 'no space') : undefined),
      });
      const results = await Promise.allSettled([append(file, record(1, 1)).then(() => file.sync())]);
      expect(results).toEqual([{ status: 'rejected', reason: failures[0] }]);
      expect(failures.map((error) => [error.code, error.message])).toEqual([[code, message]]);
      await expect(append(file, record(1, 1))).rejects.toBe(failures[0]);
      await expect(file.close()).rejects.toBe(failures[0]);
    }
  });

  test('of a real disk', async () => {
    if (!existsSync('/dev/full')) return;
    const failures: NodeError[] = [];
    const failed = (error: NodeError): unknown => failures.push(error);
    const file = new AppendFile({ fileSystem: nodeFileSystem, path: '/dev/full', position: 0, failed });
    await expect(append(file, record(1, 1))).rejects.toThrow(
      'Disk space is too low! Cannot write to /dev/full: no space left on device',
    );
    await expect(file.close()).rejects.toBe(failures[0]);
  });
});
