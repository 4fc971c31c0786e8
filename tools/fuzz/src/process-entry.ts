// What a process of fuzz-process.ts runs: the cases of one target, slice by slice.
import { openSync, writeSync } from 'node:fs';
import { FuzzFailure } from './failure.ts';
import { hidePackage } from './hide-package.ts';
import type { ProcessTask, SliceAnswer, SliceRequest } from './process-messages.ts';
import { runCase } from './run-case.ts';
import { caseSeeds } from './seeds.ts';
import { Tally } from './tally.ts';
import type { Target } from './target.ts';
import { targets } from './targets/index.ts';

/** Bytes that this process may have in memory. Our choice: it has a tenth of it. */
const MAX_RESIDENT = 3 * 2 ** 30;
const CASES_BETWEEN_LOOKS = 256;

/** All cases of a target, in slices. */
class Slices {
  readonly #target: Target;
  readonly #seeds: Iterator<bigint>;
  readonly #tally = new Tally();
  readonly #notebook: number;
  readonly #note = Buffer.alloc(8);

  constructor({ target, runSeed, only, notebook }: ProcessTask) {
    this.#target = targets.find(({ name }) => name === target)!;
    if (this.#target.without !== undefined) hidePackage(this.#target.without);
    this.#seeds = only === undefined ? caseSeeds(runSeed, target) : [only].values();
    this.#notebook = openSync(notebook, 'r+');
  }

  run(milliseconds: number): SliceAnswer {
    const start = performance.now();
    for (;;) {
      const time = performance.now() - start;
      const next = time < milliseconds ? this.#seeds.next() : undefined;
      if (next === undefined || next.done === true) return this.#answer(time, undefined);
      const failure = this.#runCase(next.value);
      if (failure !== undefined) return this.#answer(performance.now() - start, failure);
    }
  }

  #runCase(seed: bigint): SliceAnswer['failure'] {
    this.#note.writeBigUInt64BE(seed);
    writeSync(this.#notebook, this.#note, 0, 8, 0);
    const failure = runCase(this.#target, seed, this.#tally);
    if (failure !== undefined || this.#tally.cases % CASES_BETWEEN_LOOKS !== 0) return failure;
    return runCase({ ...this.#target, run: checkResident }, seed, new Tally());
  }

  #answer(time: number, failure: SliceAnswer['failure']): SliceAnswer {
    return { time, tally: this.#tally.data, failure };
  }
}

/** Fails as a case does. */
function checkResident(): void {
  const resident = process.memoryUsage.rss();
  if (resident > MAX_RESIDENT) throw new FuzzFailure('memory', `${resident} bytes in memory by now`);
}

let slices: Slices | undefined;
process.on('message', (message: ProcessTask | SliceRequest) => {
  if (message.type === 'task') slices = new Slices(message);
  else process.send!(slices!.run(message.milliseconds));
});
// Who ends the run ends this too: Ctrl+C is said to both.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
