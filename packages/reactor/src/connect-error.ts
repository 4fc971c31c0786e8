/**
 * What became of a connection that was wanted:
 *
 * - `connect-failed`: nobody answers at the address, or it is not one
 * - `handshake-failed`: somebody does, but the version handshake came to nothing
 * - `timeout`: the dial or the handshake took too long
 * - `aborted`: the signal was given
 * - `closed`: the connection ended while something was waited for
 */
export type ConnectErrorCode =
  | 'connect-failed'
  | 'handshake-failed'
  | 'timeout'
  | 'aborted'
  | 'closed';

/** Why there is no connection, or none any more. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code: ConnectErrorCode;

  constructor(code: ConnectErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
