/**
 * Why bytes are not what they should be.
 *
 * - `truncated`: they end too soon
 * - `non-canonical-size`: a CompactSize that a shorter form could have said
 * - `size-too-large`: a CompactSize above {@link MAX_SIZE}, or bytes longer than their field allows
 * - `limit-exceeded`: more entries than the protocol allows of that message. Core calls the sender
 *   of such an `addr`, `addrv2`, `inv`, `getdata` or `headers` misbehaving, and disconnects that of
 *   a `getblocks` or `getheaders`, whereas it ignores messages with any of the other faults
 * - `superfluous-witness`: a transaction in witness form without any witness
 * - `unknown-transaction-flags`: a transaction's flag byte with bits that nobody has defined
 * - `invalid-value`: a value that its field does not allow
 * - `trailing-bytes`: more bytes than the value needs
 */
export type DecodeErrorCode =
  | 'truncated'
  | 'non-canonical-size'
  | 'size-too-large'
  | 'limit-exceeded'
  | 'superfluous-witness'
  | 'unknown-transaction-flags'
  | 'invalid-value'
  | 'trailing-bytes';

/** Bytes from outside do not decode. Thrown by codecs, and only by them. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeErrorCode;
  /** Where in the bytes given to the codec the fault was found, from 0. */
  readonly offset: number;
  /** The count or length that was refused, where that is the fault. */
  readonly size: number | undefined;

  constructor(code: DecodeErrorCode, offset: number, size?: number) {
    super(`${code} at byte ${offset}${size === undefined ? '' : `: ${size}`}`);
    this.code = code;
    this.offset = offset;
    this.size = size;
  }
}
