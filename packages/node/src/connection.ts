import type { HeaderEntry } from '@btcp2p/consensus';
import type { PeerId } from '@btcp2p/machine';
import type { Peer } from '@btcp2p/peer';
import type { InventoryVector } from '@btcp2p/wire';

/**
 * Bytes that may wait for a peer before it is served no more (Core `DEFAULT_MAXSENDBUFFER`, net.h).
 */
export const MAX_SEND_BUFFER_BYTES = 1_000_000;

/**
 * Bytes from a peer that may wait for us before it is read no more (Core
 * `DEFAULT_MAXRECEIVEBUFFER`, net.h).
 */
export const MAX_RECEIVE_BUFFER_BYTES = 5_000_000;

/**
 * Bytes that may wait for the keys of an encrypted connection before it is read no more. Our choice:
 * more than a handshake has.
 */
export const MAX_KEYLESS_BYTES = 8_192;

/** What a node keeps of one connection, besides what `Peer` does. */
export interface Connection {
  readonly id: PeerId;
  readonly peer: Peer;
  readonly address: string;
  readonly localAddress: string;
  readonly inbound: boolean;
  /** What was dialled again for v1, if this is that dial: the peer hung up on v2. */
  readonly fallbackAddress: string | undefined;
  /** That of our `version`. */
  readonly nonce: bigint;
  established: boolean;
  /** We have asked for its end: nothing that still comes counts. */
  closing: boolean;
  /** A slow step of its handshake waits for its turn, or is being taken. */
  hasKeyWork: boolean;
  /** Whether any bytes have gone out. */
  hasSent: boolean;
  /** Reading is stopped. */
  paused: boolean;
  /** Bytes sent since the driver last said that all had left. */
  unsent: number;
  /** What the peer asked for and has not been answered, the next one last. */
  requests: InventoryVector[];
  /** Whether a block is being read for the oldest request. */
  reading: boolean;
  /** When this block has been served, the peer is told of the tip, so that it asks for more. */
  continuation: Uint8Array | undefined;
  /** The best header that we have told the peer of. */
  bestHeaderSent: HeaderEntry | undefined;
}

/** Whether what was sent waits to leave, so that nothing more should be added. */
export function isSendFull(connection: Connection): boolean {
  return connection.unsent > MAX_SEND_BUFFER_BYTES;
}
