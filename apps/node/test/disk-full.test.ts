import { expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { regtest } from '@btcp2p/wire';
import { Storage } from '../src/storage/storage.ts';
import { outcome, startChild, temporaryDirectory } from './support/support.ts';

/** Bytes that the system lets a file of the child have: a limit that anyone may set (RLIMIT_FSIZE). */
const LIMIT = 2_048_000;

test('a full disk is one clear error, and nothing acknowledged is lost', async () => {
  if (process.platform === 'win32') return;
  const directory = temporaryDirectory();
  const { code, output } = await outcome(
    startChild('full-child.ts', [directory], { fileSizeLimit: LIMIT }),
  );
  const { stored, errors, failures } = JSON.parse(output.toString()) as {
    stored: number;
    errors: string[];
    failures: string[];
  };
  const path = join(directory, 'blk00000.dat');
  const message = `Disk space is too low! Cannot write to ${path}: file too large`;
  expect([code, errors, failures]).toEqual([0, [message], [message]]);
  expect(stored).toBeGreaterThan(30);
  expect(statSync(path).size).toBeLessThanOrEqual(2 * LIMIT); // some shells count in 1,024

  const notices: unknown[] = [];
  const storage = await Storage.open({
    directory,
    network: regtest,
    notice: (notice) => notices.push(notice),
  });
  expect([storage.blocks.size, notices]).toEqual([1 + stored, []]);
  await storage.close();
});
