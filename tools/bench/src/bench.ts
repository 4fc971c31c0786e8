import type { Unit } from './unit.ts';
import type { Quartiles } from './statistics.ts';

/** A value, or a promise of it. */
export type Eventual<T> = T | Promise<T>;

/** One side of a comparison. */
export interface Contender {
  /** `btcp2p`, or the rival's name. */
  readonly name: string;
  /** The rival's version, for the report. */
  readonly version?: string;
  /**
   * What it computes, in a form that is equal for all contenders of the case. Undefined where a
   * rival checks its result itself and shows none.
   */
  readonly answer: () => Eventual<string | undefined>;
  /** Gets ready, so that the first sample is like the others. */
  readonly warmUp: () => Eventual<void>;
  /** Takes one sample: seconds for one iteration, or what else the unit of the case is made of. */
  readonly sample: () => Eventual<number>;
}

/** A question that a case is to answer with yes. */
export interface Target {
  readonly text: string;
  /** What the run says to it. Undefined if what it asks about was not measured. */
  readonly judge: (result: CaseResult) => Judgement | undefined;
}

/** Whether a target is met, and by what. */
export interface Judgement {
  readonly isMet: boolean;
  /** What was reached: a figure with its unit, or a ratio. */
  readonly reached: string;
}

/** What a report says of a case. */
export interface CaseFacts {
  readonly name: string;
  readonly unit: Unit;
  /** What an iteration is for both sides, and what cannot be compared: sentences for the report. */
  readonly method: string;
  readonly targets?: readonly Target[];
}

/** One thing that ours and its rivals do. */
export interface Case extends CaseFacts {
  readonly ours: Contender;
  readonly rivals: readonly Contender[];
  /** How many samples each contender gives; by default 15. */
  readonly rounds?: number;
}

/** Cases that are ready to run. */
export interface Plan {
  /**
   * Made one by one, by a generator, where they hold much: what lies around in memory makes garbage
   * collection dearer for everyone.
   */
  readonly cases: Iterable<Case>;
  /** Rivals that are not here, and why: phrases for the report. */
  readonly absent?: readonly string[];
  /** Ends what was started for the cases. */
  readonly close?: () => Promise<void>;
}

/** A bench that cannot run here. */
export interface LeftOut {
  /** Why: a phrase. */
  readonly leftOut: string;
}

/** Cases with one subject. */
export interface Bench {
  readonly name: string;
  /** What it is about: a sentence or two for the report. */
  readonly about: string;
  readonly prepare: () => Eventual<Plan | LeftOut>;
}

/** What a contender reached. */
export interface Measured {
  readonly name: string;
  readonly version?: string | undefined;
  /** In the unit of the case; `lower` is the lower figure, whether or not lower is better. */
  readonly figure: Quartiles;
}

/** What became of a case. */
export interface CaseResult {
  readonly case: CaseFacts;
  readonly ours: Measured;
  readonly rivals: readonly (Measured & { readonly ratio: number })[];
}

/** What became of a bench. */
export interface BenchResult {
  readonly bench: Bench;
  readonly leftOut?: string;
  readonly absent: readonly string[];
  readonly cases: readonly CaseResult[];
}
