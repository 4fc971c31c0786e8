import { DecodeError } from './decode-error.ts';
import { decodeMessage, type Message } from './message.ts';

/**
 * What a transport made of bytes. `size` is bytes on the wire, framing included, and `payload` the
 * message alone: a view that may not be written to.
 */
export type TransportEvent =
  | {
      readonly type: 'message';
      readonly message: Message;
      readonly size: number;
      readonly payload: Uint8Array;
    }
  /** A message that its frame condemns. It is dropped and the connection goes on, as in Core. */
  | {
      readonly type: 'rejected';
      readonly code: 'checksum' | 'invalid-type';
      /** What the frame says, empty if it cannot be read. */
      readonly messageType: string;
      readonly detail: string;
      readonly size: number;
    }
  /**
   * A payload that does not decode. Core ignores such a message, except that a peer that exceeds
   * a limit of the protocol (`limit-exceeded`) is misbehaving.
   */
  | {
      readonly type: 'undecodable';
      readonly messageType: string;
      readonly error: DecodeError;
      readonly size: number;
      readonly payload: Uint8Array;
    }
  /** The stream cannot be followed any further: disconnect. The last event. */
  | {
      readonly type: 'failed';
      readonly code: 'wrong-magic' | 'oversized-message';
      readonly detail: string;
    };

/** What a whole payload is to a transport: the one place where a `DecodeError` is caught. */
export function decodeEvent(
  messageType: string,
  payload: Uint8Array,
  size: number,
): TransportEvent {
  try {
    return { type: 'message', message: decodeMessage(messageType, payload), size, payload };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { type: 'undecodable', messageType, error, size, payload };
  }
}
