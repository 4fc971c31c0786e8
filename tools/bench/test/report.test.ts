import { describe, expect, test } from '@jest/globals';
import { formatCase, formatFigure, formatRatio } from '../src/format.ts';
import { rowsOf } from '../src/json.ts';
import { renderMarkdown } from '../src/markdown.ts';
import { machineLine } from '../src/machine-line.ts';
import { packageVersion } from '../src/package-version.ts';
import { runCase } from '../src/run-case.ts';
import { medianOf } from '../src/rivals/core-bench.ts';
import { atLeast } from '../src/target.ts';
import { perSecond } from '../src/unit.ts';
import { benchNamed, resultOf, scripted, scriptedCase } from './support.ts';

const two = await runCase(
  scriptedCase(scripted('ours', [0.002]), [scripted('a', [0.004]), scripted('b', [0.001])], {
    name: 'two rivals',
    targets: [atLeast(1, 'a'), atLeast(1, 'b'), atLeast(8, 'c')],
  }),
);
const rate = await runCase(
  scriptedCase(scripted('ours', [0.5]), [scripted('a', [1])], {
    name: 'a rate', unit: perSecond('headers', 1_000),
  }),
);
const alone = await runCase(scriptedCase(scripted('ours', [0.002]), [], { name: 'alone' }));
const results = [resultOf('wire', [two, alone]), resultOf('headers', [rate])];

describe('--json', () => {
  test('one row for each case and rival, and no other field', () => {
    expect(rowsOf(results)).toEqual([
      { bench: 'wire', case: 'two rivals', ours: 2, rival: 4, rivalName: 'a', unit: 'ms', ratio: 2 },
      { bench: 'wire', case: 'two rivals', ours: 2, rival: 1, rivalName: 'b', unit: 'ms', ratio: 0.5 },
      {
        bench: 'headers', case: 'a rate', ours: 2_000, rival: 1_000, rivalName: 'a',
        unit: 'headers/s', ratio: 2,
      },
    ]);
  });

  test('is what was written, read again', () => {
    expect(JSON.parse(JSON.stringify(rowsOf(results)))).toEqual(rowsOf(results));
  });
});

describe('docs/benchmarks.md', () => {
  const leftOut = { ...resultOf('gone', []), leftOut: 'no data' };
  const text = renderMarkdown([...results, leftOut], 'One processor, 2026-01-01');
  const lines = text.split('\n');

  test('has the machine, the versions, and every figure', () => {
    expect(text).toContain('Machine: One processor, 2026-01-01.');
    expect(lines).toContain('| a, b | 1.0 |');
    expect(lines).toContain('| two rivals | ms | 2 | 2 to 2 | a | 4 | 2x |');
    expect(lines).toContain('| | | | | b | 1 | 0.5x |');
    expect(lines).toContain('| alone | ms | 2 | 2 to 2 | none | | |');
    expect(lines).toContain('| a rate | headers/s | 2,000 | 2,000 to 2,000 | a | 1,000 | 2x |');
  });

  test('every row of a table has as many cells as its heading', () => {
    let cells = 0;
    for (const line of lines) {
      if (!line.startsWith('|')) cells = 0;
      else if (cells === 0) cells = line.split('|').length;
      else expect([line, line.split('|').length]).toEqual([line, cells]);
    }
  });

  test('says of each target whether it holds, and of what it was not measured', () => {
    expect(lines).toContain('| wire: two rivals | no worse than a | holds (2x) |');
    expect(lines).toContain('| wire: two rivals | no worse than b | missed (0.5x) |');
    expect(lines).toContain('| wire: two rivals | at least 8x c | not measured |');
  });

  test('says what a case does once for all cases that do it', () => {
    expect(lines).toContain('- **two rivals; alone**: What is done.');
  });

  test('says what was left out, and who was not there', () => {
    expect(text).toContain('Left out of this run: no data.');
    const absent = { ...resultOf('wire', [two]), absent: ['bcoin (no network)', 'Core (no binary)'] };
    expect(renderMarkdown([absent], '')).toContain(
      'Not in this run: bcoin (no network); Core (no binary).',
    );
  });
});

describe('the console', () => {
  test('a line for each contender and target', () => {
    const lines = formatCase(two);
    expect(lines).toHaveLength(7);
    expect(lines[2]).toMatch(/a .* 4 ms .*ours is 2x$/);
    expect(lines[3]).toMatch(/b .* 1 ms .*ours is 0\.5x$/);
    expect(lines.slice(4)).toEqual([
      '    target no worse than a: holds (2x)',
      '    target no worse than b: missed (0.5x)',
      '    target at least 8x c: not measured',
    ]);
  });

  test('figures have three digits that count', () => {
    expect([0.012345, 1.2345, 123.45, 123_456].map(formatFigure)).toEqual([
      '0.0123', '1.23', '123', '123,000',
    ]);
    expect([0.5234, 8.44, 39.61].map(formatRatio)).toEqual(['0.52x', '8.4x', '39.6x']);
  });
});

test('the machine line has the day it is given, and this Node.js', () => {
  const line = machineLine(new Date('2026-03-04T05:06:07Z'));
  expect(line).toContain(`Node.js ${process.version}, 2026-03-04, load `);
  expect(line).toMatch(/^[^,]+, \d+ cores?, \d+ GiB, /);
});

test('versions of what is installed', () => {
  expect(packageVersion('bitcoinjs-lib')).toMatch(/^7\./);
  expect(packageVersion('@scure/btc-signer')).toMatch(/^2\./);
  expect(() => packageVersion('no-such-package-here')).toThrow();
});

test('the output of bench_bitcoin', () => {
  const json = JSON.stringify({
    results: [
      { name: 'Other', 'median(elapsed)': 1 },
      { name: 'DeserializeBlockTest', 'median(elapsed)': 0.00174 },
    ],
  });
  expect(medianOf(json, 'DeserializeBlockTest')).toBe(0.00174);
  expect(() => medianOf(json, 'DeserializeAndCheckBlockTest')).toThrow('DeserializeAndCheckBlockTest');
});

test('a bench without cases and without reasons is empty', () => {
  expect(rowsOf([{ bench: benchNamed('b'), absent: [], cases: [] }])).toEqual([]);
});
