import type { SessionErrorCode } from './session-event.ts';

/** Why a {@link Bip324Error} came up: what failed the session, or `closed`: it ended too early. */
export type Bip324ErrorCode = SessionErrorCode | 'closed';

/**
 * What Web Streams of a session end with (`v2Streams`). A `Session` itself throws none: what a peer
 * does wrong is an event, and what a caller does wrong a RangeError.
 */
export class Bip324Error extends Error {
  readonly code: Bip324ErrorCode;

  constructor(code: Bip324ErrorCode, message: string) {
    super(message);
    this.name = 'Bip324Error';
    this.code = code;
  }
}
