import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_MAX_LOG_BUFFER, Log, RECENT_DEBUG_HISTORY_SIZE, type LogSettings } from '../src/log.ts';
import { temporaryDirectory } from './support/support.ts';

const TIME = Date.UTC(2026, 10, 22, 10, 0, 0);
const STAMP = '2026-11-22T10:00:00Z';

const settings = (changes: Partial<LogSettings> = {}): LogSettings => ({
  file: 'debug.log',
  console: false,
  timestamps: true,
  timeMicros: false,
  threadNames: false,
  sourceLocations: false,
  levelAlways: false,
  categories: new Set(['net', 'validation']),
  level: 'debug',
  categoryLevels: new Map(),
  shrink: false,
  ...changes,
});

const quiet = (): void => {};

/** Opens a log, lets `write` write to it, and gives the lines after the five empty ones. */
function linesOf(changes: Partial<LogSettings>, write: (log: Log) => void): string[] {
  const directory = temporaryDirectory();
  const log = new Log(settings(changes), quiet, () => TIME);
  log.open(directory);
  write(log);
  log.close();
  const text = readFileSync(join(directory, 'debug.log'), 'utf8');
  expect(text.startsWith('\n\n\n\n\n')).toBe(true);
  return text.slice(5).split('\n').slice(0, -1);
}

describe('lines', () => {
  test('levels and categories, as in bitcoind', () => {
    const lines = linesOf({ categories: new Set(['net']), level: 'trace' }, (log) => {
      log.info('a');
      log.info('b', 'net');
      log.warning('c');
      log.warning('d', 'net');
      log.error('e');
      log.debug('net', 'f');
      log.trace('net', 'g');
      log.debug('validation', 'not logged');
      log.info('h', 'validation');
    });
    expect(lines).toEqual([
      `${STAMP} a`,
      `${STAMP} [net:info] b`,
      `${STAMP} [warning] c`,
      `${STAMP} [net:warning] d`,
      `${STAMP} [error] e`,
      `${STAMP} [net] f`,
      `${STAMP} [net:trace] g`,
      `${STAMP} [validation:info] h`,
    ]);
  });

  test('-loglevelalways, -logthreadnames', () => {
    const lines = linesOf({ levelAlways: true, threadNames: true, timestamps: false }, (log) => {
      log.info('a');
      log.debug('net', 'b');
      log.error('c');
    });
    expect(lines).toEqual(['[main] [all:info] a', '[main] [net:debug] b', '[main] [all:error] c']);
  });

  test('a level for all categories, and for one', () => {
    const lines = linesOf(
      { level: 'info', categoryLevels: new Map([['net', 'trace']]), timestamps: false },
      (log) => {
        log.trace('net', 'a');
        log.debug('validation', 'not logged');
        expect([
          log.isLogged('net', 'trace'),
          log.isLogged('validation'),
          log.isLogged('validation', 'warning'),
        ]).toEqual([true, false, true]);
        log.setCategory('net', false);
        log.trace('net', 'not logged');
      },
    );
    expect(lines).toEqual(['[net:trace] a']);
  });

  test('microseconds and a mocked time', () => {
    const [line] = linesOf({ timeMicros: true }, (log) => {
      log.setMockTime(1296688602);
      log.info('a');
    });
    expect(line).toMatch(/^2026-11-22T\d\d:\d\d:\d\d\.\d{6}Z \(mocktime: 2011-02-02T23:16:42Z\) a$/);
  });

  test('microseconds follow the clock when it jumps, and rise in between', () => {
    let time = TIME;
    const directory = temporaryDirectory();
    const log = new Log(settings({ timeMicros: true }), quiet, () => time);
    log.open(directory);
    for (const step of [0, 5_000, -60_000]) {
      time += step;
      log.info('x');
    }
    const stamps = readFileSync(join(directory, 'debug.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.slice(11, 22));
    expect(stamps).toEqual(
      ['10:00:00.00', '10:00:05.00', '09:59:05.00'].map((text) =>
        expect.stringContaining(text.slice(0, 9)),
      ),
    );
    log.close();
  });

  test('control characters are written out, so that no peer steers a terminal', () => {
    expect(linesOf({ timestamps: false }, (log) => log.info('a\u001b[2Jb\tc\r\u007fé\nd\n'))).toEqual([
      'a\\x1b[2Jb\\x09c\\x0d\\x7fé',
      'd',
    ]);
  });
});

describe('the file', () => {
  test('is appended to, and has each line when the call returns', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'debug.log');
    writeFileSync(path, 'before\n');
    const log = new Log(settings({ timestamps: false }), quiet);
    expect(log.path).toBeUndefined();
    log.open(directory);
    expect(log.path).toBe(path);
    for (let i = 0; i < 3; i++) {
      log.info(`${i}`);
      expect(readFileSync(path, 'utf8').endsWith(`${i}\n`)).toBe(true);
    }
    expect(readFileSync(path, 'utf8')).toBe('before\n\n\n\n\n\n0\n1\n2\n');
    log.close();
  });

  test('early lines wait with their own time; too many of them are counted', () => {
    const directory = temporaryDirectory();
    let time = TIME;
    const log = new Log(settings(), quiet, () => time);
    log.info('early');
    time += 5_000;
    log.open(directory);
    log.close();
    expect(readFileSync(join(directory, 'debug.log'), 'utf8')).toBe(`\n\n\n\n\n${STAMP} early\n`);

    const other = temporaryDirectory();
    const full = new Log(settings({ timestamps: false }), quiet);
    const line = 'x'.repeat(99_999);
    for (let i = 0; i < 2 + DEFAULT_MAX_LOG_BUFFER / 100_000; i++) full.info(line);
    full.open(other);
    full.close();
    const text = readFileSync(join(other, 'debug.log'), 'utf8');
    expect(text.slice(5).split('\n')[0]).toBe('Early logging buffer overflowed, 2 log lines discarded.');
    expect(text.length).toBe(5 + 56 + DEFAULT_MAX_LOG_BUFFER);
  });

  test('-nodebuglogfile writes none; an absolute path goes elsewhere', () => {
    const directory = temporaryDirectory();
    const none = new Log(settings({ file: undefined }), quiet);
    none.open(directory);
    none.info('x');
    none.close();
    expect(existsSync(join(directory, 'debug.log'))).toBe(false);
    const elsewhere = new Log(settings({ file: join(directory, 'x.log') }), quiet);
    elsewhere.open('/nowhere');
    elsewhere.close();
    expect(existsSync(join(directory, 'x.log'))).toBe(true);
  });

  test('is opened anew when it was moved', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'debug.log');
    const log = new Log(settings({ timestamps: false }), quiet);
    log.open(directory);
    log.info('a');
    renameSync(path, `${path}.1`);
    log.info('b');
    log.reopen();
    log.info('c');
    log.close();
    expect([readFileSync(`${path}.1`, 'utf8').trim(), readFileSync(path, 'utf8')]).toEqual([
      'a\nb',
      'c\n',
    ]);
  });

  test('that cannot be opened is one clear error; that cannot be written stops nothing', () => {
    expect(() => new Log(settings(), quiet).open('/nowhere')).toThrow(
      'Could not open debug log file /nowhere/debug.log',
    );
    if (!existsSync('/dev/full')) return;
    const log = new Log(settings({ file: '/dev/full' }), quiet);
    log.open('/');
    expect(() => log.info('x')).not.toThrow();
    log.close();
  });

  test('-shrinkdebugfile keeps the end of a long one', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'debug.log');
    const limit = (RECENT_DEBUG_HISTORY_SIZE / 10) * 11;
    const shrunk = (size: number, shrink: boolean): number => {
      const content = new Uint8Array(size);
      content[size - 1] = 7;
      writeFileSync(path, content);
      const log = new Log(settings({ shrink }), quiet);
      log.open(directory);
      log.close();
      expect(readFileSync(path).at(-6)).toBe(7);
      return statSync(path).size - 5;
    };
    expect([shrunk(limit, true), shrunk(limit + 1, true), shrunk(limit + 1, false)]).toEqual([
      limit,
      RECENT_DEBUG_HISTORY_SIZE,
      limit + 1,
    ]);
  });
});

test('-printtoconsole prints the same lines, through whatever owns the console', () => {
  const printed: string[] = [];
  const log = new Log(settings({ console: true, timestamps: false, file: undefined }), (line) =>
    printed.push(`1 ${line}`),
  );
  log.info('a');
  log.open('/nowhere');
  log.info('b');
  log.printThrough((line) => printed.push(`2 ${line}`));
  log.debug('net', 'c');
  expect(printed).toEqual(['1 a\n', '1 b\n', '2 [net] c\n']);
});
