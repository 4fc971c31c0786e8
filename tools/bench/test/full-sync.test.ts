import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fullSyncSettings } from '../src/full-sync-settings.ts';
import { Recording } from '../src/recording.ts';
import { runCase } from '../src/run-case.ts';
import { longestStall, STALL_REPORT_FILE, type StallReport } from '../src/stall-report.ts';
import { checkCoins, knowsPeakMemory, peakMemory } from '../src/sync-run.ts';
import { megabytes, seconds } from '../src/unit.ts';
import { waitForLine } from '../src/wait-for-line.ts';
import { scriptedCase } from './support.ts';

describe('a recording', () => {
  function counting(): Recording<{ tip: string; seconds: number; bytes: number }> {
    let runs = 0;
    return new Recording({ name: 'recorded' }, async () => {
      runs++;
      return { tip: 'the tip', seconds: runs, bytes: runs * 1e6 };
    });
  }

  test('cases share its runs, and the run that answers is the first of them', async () => {
    const recording = counting();
    const time = recording.contender((run) => run.seconds);
    const first = await runCase(scriptedCase(time, [], { unit: seconds, rounds: 3 }));
    expect(first.ours.figure).toEqual({ lower: 1.5, median: 2, upper: 2.5 });
    const memory = recording.contender((run) => run.bytes);
    const second = await runCase(scriptedCase(memory, [], { unit: megabytes, rounds: 3 }));
    expect(second.ours.figure).toEqual({ lower: 1.5, median: 2, upper: 2.5 });
    expect(await recording.contender((run) => run.seconds).sample()).toBe(1);
  });

  test('answers the tip', async () => {
    expect(await counting().contender((run) => run.seconds).answer()).toBe('the tip');
  });
});

describe('the settings', () => {
  test('by default the small chains, three times', () => {
    const { chains, rounds, without } = fullSyncSettings({});
    expect(chains).toEqual([{ blocks: 300, transactions: 30_000 }, { blocks: 3_000, transactions: 0 }]);
    expect([rounds, without]).toEqual([3, []]);
  });

  test('all can be set', () => {
    const settings = fullSyncSettings({
      FULLSYNC_SIZE: '150:5000,10:0', FULLSYNC_ROUNDS: '1', FULLSYNC_WITHOUT: 'bcoin,bitcoind',
    });
    expect(settings).toEqual({
      chains: [{ blocks: 150, transactions: 5_000 }, { blocks: 10, transactions: 0 }],
      rounds: 1,
      without: ['bcoin', 'bitcoind'],
    });
    expect(fullSyncSettings({ FULLSYNC_SIZE: 'full' }).chains[0]).toEqual({
      blocks: 2_000, transactions: 200_000,
    });
  });

  test.each([
    { FULLSYNC_SIZE: 'large' }, { FULLSYNC_SIZE: '10' }, { FULLSYNC_ROUNDS: '0' },
    { FULLSYNC_ROUNDS: 'x' }, { FULLSYNC_WITHOUT: 'bitcoin' },
  ])('%j is refused', (environment) => {
    expect(() => fullSyncSettings(environment)).toThrow('FULLSYNC_');
  });
});

describe('a log that grows', () => {
  test('is read to the line, in whatever pieces it comes', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-test-'));
    const file = join(directory, 'debug.log');
    const pieces = ['height=9\nUpdate', 'Tip: hei', 'ght=1', '0\nmore'];
    const isAlive = (): boolean => {
      const piece = pieces.shift();
      if (piece !== undefined) appendFileSync(file, piece);
      return piece !== undefined;
    };
    const match = await waitForLine(file, /UpdateTip: height=(\d+)$/m, isAlive);
    expect(match?.[1]).toBe('10');
    rmSync(directory, { recursive: true });
  });

  test('that ends without the line, or never begins', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-test-'));
    const file = join(directory, 'debug.log');
    expect(await waitForLine(file, /x/, () => false)).toBeUndefined();
    writeFileSync(file, 'one\ntwo\nthr');
    expect(await waitForLine(file, /thr/, () => false)).toBeUndefined();
    expect((await waitForLine(file, /^two$/m, () => false))?.index).toBe(4);
    rmSync(directory, { recursive: true });
  });
});

test('coins that are not those there should be', () => {
  const target = { peer: '', v2Transport: true, height: 1, coins: 'aa' };
  expect(() => checkCoins('x', 'aa', target)).not.toThrow();
  expect(() => checkCoins('x', 'ab', target)).toThrow('the coins of x come to ab, not to aa');
});

(knowsPeakMemory() ? test : test.skip)('the memory of a process (needs /proc)', () => {
  const bytes = peakMemory(process.pid);
  expect(bytes).toBeGreaterThan(20e6);
  expect(bytes).toBeLessThan(20e9);
  // The peak is at least what is held now; what the two sources count may differ by some pages.
  expect(bytes).toBeGreaterThan(process.memoryUsage().rss * 0.9);
});

describe('stalls', () => {
  test('those seen by a time', () => {
    const report: StallReport = { dialled: 0, rises: [[10, 1.5], [20, 30], [30, 99]] };
    expect([5, 10, 25, 30, 40].map((until) => longestStall(report, until))).toEqual([0, 1.5, 30, 99, 99]);
  });

  const meter = join(import.meta.dirname, '../dist/children/stall-meter.js');
  // Only where it is built: node itself runs no TypeScript.
  (existsSync(meter) ? test : test.skip)('of a program that dials and then is busy (needs a build)', () => {
    const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-test-'));
    const file = join(directory, 'report.json');
    const program = `
      const { connect, createServer } = require('node:net');
      const { Worker } = require('node:worker_threads');
      const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
      const server = createServer(() => {}).listen(0, '127.0.0.1', () => {
        busy(400);
        const socket = connect(server.address().port, '127.0.0.1', () => {
          setTimeout(() => busy(150), 50);
          setTimeout(() => process.exit(0), 300);
        });
        // Threads count for nothing, and write nothing.
        new Worker('for (const end = Date.now() + 250; Date.now() < end; );', { eval: true });
      });`;
    const before = Date.now();
    const result = spawnSync(process.execPath, ['--import', meter, '-e', program], {
      encoding: 'utf8', env: { ...process.env, [STALL_REPORT_FILE]: file },
    });
    expect([result.status, result.stderr]).toEqual([0, '']);
    const report = JSON.parse(readFileSync(file, 'utf8')) as StallReport;
    expect(report.dialled).toBeGreaterThan(before + 300);
    const longest = longestStall(report, Infinity);
    expect(longest).toBeGreaterThanOrEqual(150);
    // Not that before the dial.
    expect(longest).toBeLessThan(350);
    rmSync(directory, { recursive: true });
  });
});
