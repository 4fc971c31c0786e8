import type { Contender } from './bench.ts';

/** What a run found out about itself. */
export interface Outcome {
  readonly seconds: number;
  /** See {@link Contender.answer}. */
  readonly answer: string;
}

/** What {@link selfTimed} makes a contender of. */
export interface SelfTimed {
  readonly name: string;
  readonly version?: string;
  readonly run: () => Promise<Outcome>;
}

/** A run that keeps its own time, since it has to get ready first and to clean up after it. */
export function selfTimed({ run, ...names }: SelfTimed): Contender {
  return {
    ...names,
    answer: async () => (await run()).answer,
    warmUp: () => {},
    sample: async () => (await run()).seconds,
  };
}
