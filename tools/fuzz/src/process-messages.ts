import type { FailureReport } from './failure.ts';
import type { TallyData } from './tally.ts';

/** What a process is told, once, after it has started. */
export interface ProcessTask {
  readonly type: 'task';
  readonly target: string;
  readonly runSeed: bigint;
  /** The only case to run; undefined: as many as there is time for. */
  readonly only: bigint | undefined;
  /** The file where it notes the seed of the case that it is at: 8 bytes, big-endian. */
  readonly notebook: string;
}

/** To a process: run for so many milliseconds. */
export interface SliceRequest {
  readonly type: 'slice';
  readonly milliseconds: number;
}

/** From a process: a slice is over. */
export interface SliceAnswer {
  /** Milliseconds that it took. */
  readonly time: number;
  readonly tally: TallyData;
  readonly failure: FailureReport | undefined;
}
