/**
 * What a case can find:
 *
 * - `exception`: something threw what it does not declare
 * - `difference`: a result is not that of the reference, or breaks a promise
 * - `hang`: no end after more steps than there can be
 * - `memory`: more is held than what came accounts for
 */
export type FailureKind = 'exception' | 'difference' | 'hang' | 'memory';

/** A case found something. */
export class FuzzFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.name = 'FuzzFailure';
    this.kind = kind;
  }
}

/** What is told of a failure. */
export interface FailureReport {
  readonly target: string;
  readonly seed: bigint;
  readonly kind: FailureKind;
  readonly message: string;
  /** Where an exception came from. */
  readonly stack: string | undefined;
  /** What the case was, in its own words. */
  readonly notes: readonly string[];
}
