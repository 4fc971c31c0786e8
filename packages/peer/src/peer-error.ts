/**
 * What a caller of `Peer` did wrong:
 *
 * - `not-established`: a message was to be sent before the version handshake was over
 * - `handshake-message`: a message was to be sent that belongs to the version handshake, which
 *   `Peer` conducts itself
 */
export type PeerErrorCode = 'not-established' | 'handshake-message';

/** A fault of the caller's, never of the peer's. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly code: PeerErrorCode;

  constructor(code: PeerErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
