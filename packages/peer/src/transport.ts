import type { KeyWork, KeyWorkResult, SessionErrorCode } from '@btcp2p/bip324';
import type { Message, TransportEvent as MessageEvent } from '@btcp2p/wire';

/** What a transport makes of bytes: what that of v1 can, or a failure of the encrypted one. */
export type TransportEvent =
  | MessageEvent
  | { readonly type: 'failed'; readonly code: SessionErrorCode; readonly detail: string };

/**
 * What `Peer` needs of a framing: bytes in, messages out, and back. `V1Transport` of
 * `@btcp2p/wire` is one, and the default; `V2Transport` is the other.
 */
export interface Transport {
  /** `detecting` while it is not yet known which one the peer speaks. Left out, it is `v1`. */
  readonly protocol?: 'detecting' | 'v1' | 'v2';
  /** 32 bytes that both sides of an encrypted connection share (BIP 324), once there is one. */
  readonly sessionId?: Uint8Array | undefined;
  /** Bytes received that wait for more: the start of a message, or all that came before the keys. */
  readonly bufferedBytes: number;
  /** Whether a peer that hangs up now may be one that speaks v1 only. */
  readonly shouldReconnectV1?: boolean;
  /** Takes bytes from the peer in any chunking. */
  receive(data: Uint8Array): void;
  /** What they held, in order. Nothing comes after `failed`. */
  poll(): TransportEvent | undefined;
  /** Queues a message, and returns the bytes that it takes on the wire. */
  send(message: Message): number;
  /** The next bytes for the peer, if any can be sent now. They are not the transport's any more. */
  pollBytes(): Uint8Array | undefined;
  /** Queues a packet with `size` bytes of contents that the peer will ignore (BIP 324, decoys). */
  sendDecoy?(size: number): void;
  /** A slow step that the transport waits for. Each is given once. */
  pollWork?(): KeyWork | undefined;
  /** The result of that step. */
  completeWork?(result: KeyWorkResult): void;
  /** The connection is over: keys are overwritten, and nothing more is taken or given. */
  close?(): void;
}
