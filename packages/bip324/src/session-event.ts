/**
 * Why a session cannot go on:
 *
 * - `v1-detected`: to a responder, the first bytes are those of a v1 `version` message of the same
 *   network: nothing was sent, and the bytes belong to a v1 transport. To an initiator, the answer
 *   is a v1 message: the peer has to be dialled again for v1
 * - `wrong-network`: they are those of a v1 `version` message of another network
 * - `no-garbage-terminator`: 4,095 bytes of garbage and 16 more did not hold the terminator
 * - `authentication-failed`: a packet was changed on the way, or made with other keys
 * - `packet-too-large`: a packet announces more than `maxContentsSize`
 */
export type SessionErrorCode =
  | 'v1-detected'
  | 'wrong-network'
  | 'no-garbage-terminator'
  | 'authentication-failed'
  | 'packet-too-large';

/** What a session made of the bytes that it received. */
export type SessionEvent =
  /** The peer's version packet is authentic: both sides share `sessionId` (32 bytes). Comes once. */
  | {
      readonly type: 'established';
      readonly sessionId: Uint8Array;
      /** The version packet's contents: empty, as long as there are no extensions. */
      readonly versionContents: Uint8Array;
    }
  /** An application packet. Its contents are the receiver's to keep. */
  | { readonly type: 'packet'; readonly contents: Uint8Array }
  /** The last event. */
  | {
      readonly type: 'failed';
      readonly code: Exclude<SessionErrorCode, 'v1-detected'>;
      /** For the log. */
      readonly detail: string;
    }
  | {
      readonly type: 'failed';
      readonly code: 'v1-detected';
      readonly detail: string;
      /** All that was received so far, the rest of the last chunk included. */
      readonly received: Uint8Array;
    };
