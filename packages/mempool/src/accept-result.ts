import type { MempoolEntry } from './entry.ts';

/**
 * What kind of fault a transaction has, which says whether it may be good another time or to others
 * (Core `TxValidationResult`, consensus/validation.h, without its prefix `TX_`).
 */
export type RefusalKind =
  | 'consensus'
  | 'not-standard'
  | 'missing-inputs'
  | 'premature-spend'
  | 'witness-stripped'
  | 'conflict'
  | 'mempool-policy'
  | 'reconsiderable';

/** Why a transaction is refused, in Core's words (validation.cpp). */
export interface Refusal {
  readonly status: 'refused';
  readonly kind: RefusalKind;
  /** `bad-txns-inputs-missingorspent` and the like. */
  readonly reason: string;
  /** A sentence for people; may be empty. */
  readonly debug: string;
}

/** What came of a transaction. */
export type AcceptResult =
  /** The entry is in the pool, unless it was only a test. */
  { readonly status: 'accepted'; readonly entry: MempoolEntry } | Refusal;

/** A {@link Refusal}. */
export function refusal(kind: RefusalKind, reason: string, debug = ''): Refusal {
  return { status: 'refused', kind, reason, debug };
}

/** Reason and sentence in one, as Core writes them (`ValidationState::ToString`). */
export function refusalText({ reason, debug }: Pick<Refusal, 'reason' | 'debug'>): string {
  return debug === '' ? reason : `${reason}, ${debug}`;
}
