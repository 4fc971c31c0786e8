import type { Message, TransportEvent } from '@btcp2p/wire';

/**
 * What `Peer` needs of a framing: bytes in, messages out, and back. `V1Transport` of
 * `@btcp2p/wire` is one, and the default.
 */
export interface Transport {
  /** `detecting` while it is not yet known which one the peer speaks. Left out, it is `v1`. */
  readonly protocol?: 'detecting' | 'v1' | 'v2';
  /** 32 bytes that both sides of an encrypted connection share (BIP 324), once there is one. */
  readonly sessionId?: Uint8Array | undefined;
  /** Takes bytes from the peer in any chunking. */
  receive(data: Uint8Array): void;
  /** What they held, in order. Nothing comes after `failed`. */
  poll(): TransportEvent | undefined;
  /** Queues a message, and returns the bytes that it takes on the wire. */
  send(message: Message): number;
  /** The next bytes for the peer, if any can be sent now. */
  pollBytes(): Uint8Array | undefined;
}
