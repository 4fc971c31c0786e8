import type { HeaderEntry } from '@btcp2p/consensus';
import type { PeerId, UnixTime } from '@btcp2p/machine';
import type { NetPermission, Peer } from '@btcp2p/peer';
import type { InventoryVector } from '@btcp2p/wire';
import type { FilterRequest } from './filter-server.ts';
import type { NetworkClass } from './network-class.ts';

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

/**
 * Blocks of one peer, and their bytes, that may be checked before it is read on. Our choice: enough for
 * the chain to be busy while the next come.
 */
const MAX_BLOCKS_IN_VALIDATION = 32;
const MAX_BYTES_IN_VALIDATION = 8_000_000;

/** What a node keeps of one connection, besides what `Peer` does. */
export interface Connection {
  readonly id: PeerId;
  readonly peer: Peer;
  /** `host:port` of the other end. */
  readonly address: string;
  /** What the user calls the peer where the user asked for it, else its address (Core `m_addr_name`). */
  readonly name: string;
  readonly localAddress: string;
  readonly network: NetworkClass;
  readonly inbound: boolean;
  /** What the peer may do that others may not. */
  readonly permissions: readonly NetPermission[];
  /** What was dialled again for v1, if this is that dial: the peer hung up on v2. */
  readonly fallbackAddress: string | undefined;
  /** That of our `version`. */
  readonly nonce: bigint;
  /** What we offered to it: bits of `ServiceFlags`. */
  readonly services: bigint;
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
  /** Whether something is being read for the oldest request. */
  reading: boolean;
  /** Filters that the peer asked for and has not been sent. */
  filterRequest: FilterRequest | undefined;
  /** Blocks from the peer that are being checked, and their bytes. */
  blocksInValidation: number;
  bytesInValidation: number;
  /** When this block has been served, the peer is told of the tip, so that it asks for more. */
  continuation: Uint8Array | undefined;
  /** Whether addresses may pass (Core `m_addr_relay_enabled`). */
  relaysAddresses: boolean;
  /** Whether the peer has asked for addresses: it is answered once. */
  askedForAddresses: boolean;
  /** When it last gave us a block that was new, 0 if never. */
  lastBlock: UnixTime;
  /** The same for transactions. */
  lastTransaction: UnixTime;
  /** The best header that we have told the peer of. */
  bestHeaderSent: HeaderEntry | undefined;
}

/** Whether what was sent waits to leave, so that nothing more should be added. */
export function isSendFull(connection: Connection): boolean {
  return connection.unsent > MAX_SEND_BUFFER_BYTES;
}

/** Whether so much of what the peer sent is being checked that the rest has to wait. */
export function isValidationFull(connection: Connection): boolean {
  return (
    connection.blocksInValidation >= MAX_BLOCKS_IN_VALIDATION ||
    connection.bytesInValidation >= MAX_BYTES_IN_VALIDATION
  );
}
