import { ServiceFlags } from '@btcp2p/wire';

/**
 * What kind of connection a peer is on (Core `ConnectionType`, node/connection_types.h). Feelers
 * end before they are of any use here.
 */
export type SyncConnectionType =
  | 'inbound'
  | 'outbound-full-relay'
  | 'block-relay-only'
  | 'manual'
  | 'feeler'
  | 'addr-fetch';

/** What {@link Sync} wants to know of a peer. */
export interface SyncPeer {
  readonly connectionType: SyncConnectionType;
  /** The service bits of its `version` message. */
  readonly services: bigint;
  /** The height of its `version` message. Nothing depends on it; it is for the log. */
  readonly startHeight: number;
  /** Whether it is trusted not to waste our resources (Core's permission `noban`). */
  readonly noBan?: boolean;
}

/** Whether the peer has blocks, if only recent ones (Core `CanServeBlocks`, net_processing.cpp). */
export function canServeBlocks({ services }: Pick<SyncPeer, 'services'>): boolean {
  return (services & (ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_NETWORK_LIMITED)) !== 0n;
}

/** Whether the peer has recent blocks only (BIP 159; Core `IsLimitedPeer`, net_processing.cpp). */
export function isLimitedPeer({ services }: Pick<SyncPeer, 'services'>): boolean {
  return (
    (services & ServiceFlags.NODE_NETWORK) === 0n &&
    (services & ServiceFlags.NODE_NETWORK_LIMITED) !== 0n
  );
}

/** Whether the peer sends witnesses (BIP 144; Core `CanServeWitnesses`, net_processing.cpp). */
export function canServeWitnesses({ services }: Pick<SyncPeer, 'services'>): boolean {
  return (services & ServiceFlags.NODE_WITNESS) !== 0n;
}

/**
 * Whether blocks and headers are rather downloaded from this peer (Core `fPreferredDownload`): from
 * peers that we chose, so as not to burden somebody who just connected to us.
 */
export function isPreferred(peer: SyncPeer): boolean {
  if (peer.connectionType === 'addr-fetch' || !canServeBlocks(peer)) return false;
  return peer.connectionType !== 'inbound' || peer.noBan === true;
}

/** Whether the peer is one of the connections that we choose (Core `IsOutboundOrBlockRelayConn`). */
export function isOutbound({ connectionType }: Pick<SyncPeer, 'connectionType'>): boolean {
  return connectionType === 'outbound-full-relay' || connectionType === 'block-relay-only';
}
