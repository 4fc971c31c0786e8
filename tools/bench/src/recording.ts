import type { Contender } from './bench.ts';

/** What a recorded run says of itself, see {@link Contender.answer}. */
export interface RecordedRun {
  readonly tip: string;
}

/**
 * Runs of one contender that are too long to be repeated for each figure: whoever wants a figure of
 * the n-th run has it done, and others then find it done.
 */
export class Recording<Run extends RecordedRun> {
  readonly #names: Pick<Contender, 'name' | 'version'>;
  readonly #run: () => Promise<Run>;
  readonly #runs: Run[] = [];

  constructor(names: Pick<Contender, 'name' | 'version'>, run: () => Promise<Run>) {
    this.#names = names;
    this.#run = run;
  }

  /** A contender whose samples are a figure of each run. Its answer is the tip that the first reached. */
  contender(figure: (run: Run) => number): Contender {
    let next = 0;
    return {
      ...this.#names,
      answer: async () => (await this.#at(0)).tip,
      warmUp: () => {},
      sample: async () => figure(await this.#at(next++)),
    };
  }

  /** Contenders ask one after the other. */
  async #at(index: number): Promise<Run> {
    while (this.#runs.length <= index) this.#runs.push(await this.#run());
    return this.#runs[index]!;
  }
}
