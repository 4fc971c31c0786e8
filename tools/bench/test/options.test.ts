import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, UsageError } from '../src/options.ts';

const known = ['wire', 'headers'];

describe('the command line', () => {
  test('nothing: all benches, and the report is written', () => {
    expect(parseOptions([], known)).toEqual({ names: [], json: undefined, write: true });
  });

  test('names and options in any order, a name once', () => {
    expect(parseOptions(['headers', '--json', 'out.json', 'wire', '--no-write', 'wire'], known)).toEqual({
      names: ['headers', 'wire'], json: 'out.json', write: false,
    });
    expect(parseOptions(['--json=a=b.json'], known).json).toBe('a=b.json');
  });

  test.each([
    [['wier'], 'unknown bench wier (there are wire, headers)'],
    [['--quick'], 'unknown option --quick (there are --json FILE and --no-write)'],
    [['--json'], '--json needs the name of a file'],
    [['--json='], '--json needs the name of a file'],
    [['--json', '--no-write'], '--json needs the name of a file'],
  ])('%j is refused in one line', (args, message) => {
    expect(() => parseOptions(args, known)).toThrow(new UsageError(message));
  });
});

// Only where it is built: `npm run bench` builds it first.
const main = join(import.meta.dirname, '../dist/main.js');
(existsSync(main) ? describe : describe.skip)('npm run bench (needs a build)', () => {
  test('an unknown name: one line, exit code 1, and nothing is run or written', () => {
    const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-test-'));
    const json = join(directory, 'out.json');
    const result = spawnSync(process.execPath, [main, 'nonsense', '--json', json], { encoding: 'utf8' });
    expect(result.stderr).toMatch(/^unknown bench nonsense \(there are [\w, ]+\)\n$/);
    expect(result.stdout).toBe('');
    expect(result.status).toBe(1);
    expect(existsSync(json)).toBe(false);
    rmSync(directory, { recursive: true });
  });

  test('without data benches say so and are left out', () => {
    const env = { ...process.env, BTCP2P_DATA: join(tmpdir(), 'no-such-data') };
    const result = spawnSync(process.execPath, [main, 'wire', 'headers'], { encoding: 'utf8', env });
    const leftOut = result.stdout.match(/left out: no real \w+ in \S+ \(set BTCP2P_DATA\)/g);
    expect(leftOut).toHaveLength(2);
    expect(result.status).toBe(0);
  });
});
