import { describe, expect, test } from '@jest/globals';
import { SeededRng } from '@btcp2p/machine';
import { runBench } from '../src/run-bench.ts';
import { DEFAULT_ROUNDS, Disagreement, runCase, shuffled } from '../src/run-case.ts';
import { atLeast, reaches } from '../src/target.ts';
import { timed } from '../src/timed.ts';
import { milliseconds, perSecond } from '../src/unit.ts';
import { scripted, scriptedCase } from './support.ts';

describe('what is measured', () => {
  test('medians in the unit of the case, and how many times better ours is', async () => {
    const ours = scripted('ours', [0.001, 0.002, 0.009]);
    const rival = scripted('rival', [0.010, 0.008, 0.500]);
    const result = await runCase(scriptedCase(ours, [rival], { rounds: 3 }));
    expect(result.ours.figure.median).toBeCloseTo(2);
    expect(result.rivals).toHaveLength(1);
    expect(result.rivals[0]).toMatchObject({ name: 'rival', version: '1.0' });
    expect(result.rivals[0]!.figure.median).toBeCloseTo(10);
    expect(result.rivals[0]!.ratio).toBeCloseTo(5);
  });

  test('throughput: more is better', async () => {
    const unit = perSecond('headers', 100);
    const result = await runCase(
      scriptedCase(scripted('ours', [0.5]), [scripted('rival', [0.25])], { unit }),
    );
    expect(result.ours.figure.median).toBeCloseTo(200);
    expect(result.rivals[0]!.figure.median).toBeCloseTo(400);
    expect(result.rivals[0]!.ratio).toBeCloseTo(0.5);
  });

  test('without rivals there is only ours', async () => {
    const result = await runCase(scriptedCase(scripted('ours', [0.001]), []));
    expect(result.rivals).toEqual([]);
  });
});

describe('the order of things', () => {
  async function journalOf(rounds?: number): Promise<string[]> {
    const journal: string[] = [];
    const [ours, a, b] = ['ours', 'a', 'b'].map((name) => scripted(name, [0.001], { journal }));
    await runCase(scriptedCase(ours!, [a!, b!], rounds === undefined ? {} : { rounds }));
    return journal;
  }

  test('all answer, then all warm up, then everyone gives one sample in each round', async () => {
    const journal = await journalOf(20);
    expect(journal.slice(0, 6)).toEqual([
      'ours answers', 'a answers', 'b answers', 'ours warms up', 'a warms up', 'b warms up',
    ]);
    const samples = journal.slice(6);
    expect(samples).toHaveLength(60);
    for (let at = 0; at < samples.length; at += 3) {
      expect(samples.slice(at, at + 3).toSorted()).toEqual(['a samples', 'b samples', 'ours samples']);
    }
  });

  test('no order is favoured, and every run has the same', async () => {
    const samples = (await journalOf(60)).slice(6);
    const orders = new Map<string, number>();
    for (let at = 0; at < samples.length; at += 3) {
      const order = samples.slice(at, at + 3).join();
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    expect(Math.max(...orders.values())).toBeLessThan(25);
    expect((await journalOf(60)).slice(6)).toEqual(samples);
  });

  test('as many rounds as is usual, unless the case says otherwise', async () => {
    expect((await journalOf()).length).toBe(6 + 3 * DEFAULT_ROUNDS);
  });

  test('shuffling loses nothing and leaves nothing in its place for ever', () => {
    const rng = new SeededRng(1n);
    const first = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const order = shuffled(5, rng);
      expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
      first.add(order[0]!);
    }
    expect(first.size).toBe(5);
  });
});

describe('wrong answers', () => {
  test('a rival that disagrees is refused before anything is measured', async () => {
    const journal: string[] = [];
    const ours = scripted('ours', [0.001], { journal, answer: 'c0ffee' });
    const rival = scripted('wrong', [0.001], { journal, answer: 'deadbeef' });
    const run = runCase(scriptedCase(ours, [rival]));
    await expect(run).rejects.toThrow(Disagreement);
    await expect(run).rejects.toThrow('a case: wrong answers deadbeef, and we c0ffee');
    expect(journal).toEqual(['ours answers', 'wrong answers']);
  });

  test('the second rival is asked too', async () => {
    const rivals = [scripted('right', [1]), scripted('wrong', [1], { answer: '43' })];
    await expect(runCase(scriptedCase(scripted('ours', [1]), rivals))).rejects.toThrow('wrong answers 43');
  });

  test('a rival that shows no answer is taken at its word; ours never is', async () => {
    const silent = scripted('silent', [0.001], { answer: undefined });
    const ours = scripted('ours', [0.001]);
    expect((await runCase(scriptedCase(ours, [silent]))).rivals).toHaveLength(1);
    await expect(runCase(scriptedCase(silent, [ours]))).rejects.toThrow('ours gives no answer');
  });
});

describe('functions of this process', () => {
  /** Takes about so many milliseconds, and counts its calls. */
  function busy(durationMs: number): { run: () => number; calls: () => number } {
    let calls = 0;
    return {
      run() {
        for (const end = performance.now() + durationMs; performance.now() < end; );
        return ++calls;
      },
      calls: () => calls,
    };
  }

  test('what is quick is repeated until a sample takes 20 ms', async () => {
    const { run, calls } = busy(0.5);
    const contender = timed({ name: 'quick', run, answer: String });
    await contender.answer();
    await contender.warmUp();
    const before = calls();
    const seconds = await contender.sample();
    // What is slow because the machine is busy makes for fewer calls, never for more.
    expect(calls() - before).toBeGreaterThan(2);
    expect(calls() - before).toBeLessThanOrEqual(41);
    expect(seconds).toBeGreaterThanOrEqual(0.0005);
    expect(seconds * (calls() - before)).toBeGreaterThan(0.004);
  });

  test('what takes long is called once a sample, and its answer was its warm-up', async () => {
    const { run, calls } = busy(410);
    const contender = timed({ name: 'slow', run, answer: String });
    expect(await contender.answer()).toBe('1');
    await contender.warmUp();
    expect(await contender.sample()).toBeGreaterThanOrEqual(0.41);
    expect(calls()).toBe(2);
  });

  test('each call uses up an input of its own, whose making is not timed', async () => {
    const [making, using] = [busy(60), busy(21)];
    const used = new Set<number>();
    const contender = timed({
      name: 'uses up',
      prepare: making.run,
      run(input: number) {
        if (used.has(input)) throw new Error('used before');
        used.add(input);
        return using.run();
      },
      answer: String,
    });
    expect(await contender.answer()).toBe('1');
    await contender.warmUp();
    const seconds = await contender.sample();
    expect(making.calls()).toBe(using.calls());
    expect(seconds).toBeGreaterThanOrEqual(0.021);
    expect(seconds).toBeLessThan(0.06);
  });
});

describe('targets', () => {
  test('against a rival, and against a figure', async () => {
    const result = await runCase(
      scriptedCase(scripted('ours', [0.002]), [scripted('rival', [0.010])]),
    );
    expect(atLeast(4.9, 'rival').judge(result)).toEqual({ isMet: true, reached: '5x' });
    expect(atLeast(5.1, 'rival').judge(result)).toEqual({ isMet: false, reached: '5x' });
    expect(atLeast(1, 'absent').judge(result)).toBeUndefined();
    expect(reaches(2.5, milliseconds).judge(result)).toEqual({ isMet: true, reached: '2 ms' });
    expect(reaches(1.5, milliseconds).judge(result)).toEqual({ isMet: false, reached: '2 ms' });
    expect(reaches(1.5, milliseconds).text).toBe('at most 1.5 ms');
  });

  test('of throughput, more is better', async () => {
    const unit = perSecond('headers', 1_000);
    const result = await runCase(scriptedCase(scripted('ours', [0.01]), [], { unit }));
    expect(reaches(90_000, unit).judge(result)).toMatchObject({ isMet: true });
    expect(reaches(110_000, unit).judge(result)).toMatchObject({ isMet: false });
    expect(reaches(90_000, unit).text).toBe('at least 90,000 headers/s');
  });
});

describe('a bench', () => {
  const about = 'About it.';

  test('gives its cases one after the other, and is closed at the end', async () => {
    let closed = 0;
    const cases = ['first', 'second'].map((name) => scriptedCase(scripted('ours', [1]), [], { name }));
    const close = async (): Promise<void> => void closed++;
    const heard: string[] = [];
    const result = await runBench(
      { name: 'b', about, prepare: () => ({ cases, absent: ['nobody (gone)'], close }) },
      (done) => heard.push(done.case.name),
    );
    expect(heard).toEqual(['first', 'second']);
    expect(result.cases.map(({ case: { name } }) => name)).toEqual(heard);
    expect(result.absent).toEqual(['nobody (gone)']);
    expect(closed).toBe(1);
  });

  test('is closed when a case fails', async () => {
    let closed = 0;
    const broken = scriptedCase(scripted('ours', [1]), [scripted('wrong', [1], { answer: '0' })]);
    const close = async (): Promise<void> => void closed++;
    const run = runBench({ name: 'b', about, prepare: () => ({ cases: [broken], close }) });
    await expect(run).rejects.toThrow(Disagreement);
    expect(closed).toBe(1);
  });

  test('says why it is left out', async () => {
    const result = await runBench({ name: 'b', about, prepare: () => ({ leftOut: 'no data' }) });
    expect(result).toMatchObject({ leftOut: 'no data', cases: [] });
  });
});
