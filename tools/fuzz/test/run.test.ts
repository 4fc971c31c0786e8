import { describe, expect, test } from '@jest/globals';
import {
  caseSeeds, failureLines, FuzzFailure, parseOptions, parseSeed, progressLine, runCase, seedText,
  summaryTable, Tally, UsageError, type Target,
} from '../src/index.ts';
import { Draw } from '../src/draw.ts';
import { concat, firstDifference } from '../src/bytes.ts';
import { chunksOf } from '../src/chunks.ts';
import { mutate } from '../src/mutate.ts';

/** Fails in one case of eight, in one way or the other. */
const shaky: Target = {
  name: 'shaky',
  what: 'nothing',
  run(test) {
    const value = test.draw.below(16);
    test.note(`drew ${value}`);
    test.count('drawn');
    if (value === 0) throw new TypeError('oops');
    test.check(value !== 1, 'not 1');
    if (value === 2) for (;;) test.step();
  },
};

describe('a case', () => {
  test('says what it found, and finds it again', () => {
    const kinds = new Set<string>();
    const seeds = caseSeeds(3n, 'shaky');
    for (let i = 0; i < 200 && kinds.size < 3; i++) {
      const seed = seeds.next().value;
      const failure = runCase(shaky, seed, new Tally());
      if (failure === undefined) continue;
      kinds.add(failure.kind);
      expect(runCase(shaky, seed, new Tally())).toEqual({ ...failure, stack: expect.any(String) });
      const lines = failureLines(failure, 3n);
      expect(lines[0]).toBe(`FAILED: shaky, case ${seedText(seed)}: ${failure.kind}`);
      expect(lines).toContain(`  this case again:  npm run fuzz -- shaky --case ${seedText(seed)}`);
      expect(lines).toContain('  all up to it:     npm run fuzz -- shaky --seed 0000000000000003');
    }
    expect([...kinds].sort()).toEqual(['difference', 'exception', 'hang']);
  });

  test('shows bytes and big numbers that differ', () => {
    const target: Target = {
      ...shaky,
      run: (test) => test.same({ a: 1n, b: Uint8Array.of(1, 2) }, { a: 2n, b: Uint8Array.of() }, 'it'),
    };
    expect(runCase(target, 1n, new Tally())?.message).toBe(
      'it: {"a":"1n","b":"[0102]"}, not {"a":"2n","b":"[]"}',
    );
    expect(new FuzzFailure('memory', 'much').kind).toBe('memory');
  });
});

describe('seeds', () => {
  test('are those of the run and of the target', () => {
    const first = (run: bigint, target: string): bigint[] => {
      const seeds = caseSeeds(run, target);
      return [seeds.next().value, seeds.next().value];
    };
    expect(first(1n, 'a')).toEqual(first(1n, 'a'));
    const all = [...first(1n, 'a'), ...first(1n, 'b'), ...first(2n, 'a')];
    expect(new Set(all).size).toBe(all.length);
  });

  test('are read as they are written', () => {
    expect(seedText(0xabcn)).toBe('0000000000000abc');
    for (const text of ['0000000000000abc', 'abc', '0xABC']) expect(parseSeed(text)).toBe(0xabcn);
    for (const text of ['', 'xyz', '-1', '1.5', '0123456789abcdef0']) expect(parseSeed(text)).toBeUndefined();
  });
});

describe('the command line', () => {
  const known = ['a', 'b'];

  test('without anything', () => {
    expect(parseOptions([], known)).toEqual({ targets: [], minutes: 1, seed: undefined, case: undefined });
  });

  test('with everything', () => {
    expect(parseOptions(['b', '--minutes=0.5', '--seed', 'ff', 'b', '--case', '1'], known)).toEqual({
      targets: ['b'], minutes: 0.5, seed: 255n, case: 1n,
    });
  });

  test.each([
    [['c'], 'unknown target c (there are a, b)'],
    [['--minute', '1'], 'unknown option --minute (there are --minutes N, --seed S and --case S)'],
    [['--minutes'], '--minutes needs a value'],
    [['--minutes', '0'], '--minutes is more than 0, not 0'],
    [['--minutes='], '--minutes is more than 0, not '],
    [['--seed', 'g'], '--seed is up to 16 hex digits, not g'],
    [['--case', '1'], '--case needs one target'],
    [['a', 'b', '--case', '1'], '--case needs one target'],
  ])('%j is refused', (args, message) => {
    expect(() => parseOptions(args, known)).toThrow(new UsageError(message));
  });
});

test('the table and the line of progress', () => {
  const tally = new Tally();
  tally.add(new Map([['b', 1_000]]));
  tally.add(new Map([['b', 234], ['a', 1]]));
  const soFar = [{ name: 'x', time: 500, ...tally.data }];
  expect(progressLine(12_300, soFar)).toBe('   12 s  2 cases  x 4/s');
  expect(summaryTable(soFar).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    '', 'x 2 cases, 4/s', ' a 1', ' b 1,234',
  ]);
});

describe('what cases are made of', () => {
  test('chunks are the stream, and notice who writes beside them', () => {
    for (let seed = 1n; seed <= 50n; seed++) {
      const draw = new Draw(seed);
      const stream = draw.bytes(draw.size(8_000));
      const chunks = [...chunksOf(draw, stream)];
      expect(concat(chunks.map(({ bytes }) => bytes))).toEqual(stream);
      expect(chunks.every((chunk) => chunk.isIntact())).toBe(true);
      const [first] = chunks;
      if (first === undefined) continue;
      const { buffer, byteOffset, length } = first.bytes;
      new Uint8Array(buffer)[byteOffset + (seed % 2n === 0n ? -1 : length)]! ^= 1;
      expect(first.isIntact()).toBe(false);
    }
  });

  test('mutations of all kinds, mostly of something', () => {
    const kinds = new Set<string>();
    let changed = 0;
    const stream = new Draw(99n).bytes(1_000);
    const copy = stream.slice();
    for (let seed = 1n; seed <= 500n; seed++) {
      const { bytes, what } = mutate(new Draw(seed), stream, [0, 64, 300, 1_000], stream);
      kinds.add(what.split(' ')[0]!);
      if (firstDifference(bytes, stream) < Math.max(bytes.length, stream.length)) changed++;
    }
    expect(stream).toEqual(copy);
    expect(kinds.size).toBe(10);
    expect(changed).toBeGreaterThan(400);
  });

  test('the first difference', () => {
    const bytes = new Draw(1n).bytes(20_000);
    for (const at of [0, 1, 4_095, 4_096, 9_000, 19_999]) {
      const other = bytes.slice();
      other[at]! ^= 1;
      expect(firstDifference(bytes, other)).toBe(at);
      expect(firstDifference(bytes, bytes.subarray(0, at))).toBe(at);
    }
    expect(firstDifference(bytes, bytes)).toBe(20_000);
  });
});
