import type { HeaderTree } from '@btcp2p/consensus';
import type { Time, UnixTime } from '@btcp2p/machine';
import type { PeerInfo } from '@btcp2p/peer';
import type { SyncPeerInfo } from '@btcp2p/sync';
import { ServiceFlags } from '@btcp2p/wire';
import type { Connection } from './connection.ts';
import type { NetworkClass } from './network-class.ts';

/**
 * All that Core's RPC `getpeerinfo` says of a connection (rpc/net.cpp), in its order. `mapped_as` is
 * never there: addresses are not mapped.
 */
export interface NodePeerInfo extends PeerInfo {
  /** `host:port` of our end, left out if it is not known. */
  readonly addrbind?: string;
  readonly network: NetworkClass;
  /** Sequence number of the mempool at our last `inv` to the peer; 1 if there was none. */
  readonly last_inv_sequence: number;
  /** How many transactions wait to be announced to the peer. */
  readonly inv_to_send: number;
  /** When it last gave us a transaction that was good and new, 0 if never. */
  readonly last_transaction: UnixTime;
  /** When it last gave us a block that was new, 0 if never. */
  readonly last_block: UnixTime;
  /** Height that a low-work headers sync has come to, -1 without one. */
  readonly presynced_headers: number;
  /** Height of the best header that the peer is known to have, -1 if none. */
  readonly synced_headers: number;
  /** Height of the last block that both have, -1 if none. */
  readonly synced_blocks: number;
  /** Heights of the blocks that are on their way from it. */
  readonly inflight: readonly number[];
  readonly addr_relay_enabled: boolean;
  readonly addr_processed: number;
  readonly addr_rate_limited: number;
}

/**
 * What is known of a connection at `now`.
 *
 * @param sync undefined before the handshake is over
 * @param ourServices what we offer the peer
 */
export function nodePeerInfo(
  connection: Connection,
  sync: SyncPeerInfo | undefined,
  headers: HeaderTree,
  ourServices: bigint,
  now: Time,
): NodePeerInfo {
  const { peer } = connection;
  const info = peer.info(now);
  const heightOf = (entry: number | undefined): number =>
    entry === undefined ? -1 : headers.height(entry);
  // `addr` is what the user calls the peer, if anything.
  const { id, addr: _, addrlocal, services, servicesnames, ...others } = info;
  const { relaytxes, lastsend, lastrecv, ...rest } = others;
  const {
    bytessent, bytesrecv, conntime, timeoffset, pingtime, minping, pingwait, version, subver,
    inbound, bip152_hb_to, bip152_hb_from, startingheight, permissions, minfeefilter, ...transport
  } = rest;
  return {
    id,
    addr: connection.name,
    ...(connection.localAddress !== '' && { addrbind: connection.localAddress }),
    ...(addrlocal !== undefined && { addrlocal }),
    network: connection.network,
    services,
    servicesnames,
    relaytxes,
    last_inv_sequence: mayRelayTransactions(connection, ourServices) ? 1 : 0,
    inv_to_send: 0,
    lastsend,
    lastrecv,
    last_transaction: connection.lastTransaction,
    last_block: connection.lastBlock,
    bytessent,
    bytesrecv,
    conntime,
    timeoffset,
    ...(pingtime !== undefined && { pingtime }),
    ...(minping !== undefined && { minping }),
    ...(pingwait !== undefined && { pingwait }),
    version,
    subver,
    inbound,
    bip152_hb_to,
    bip152_hb_from,
    startingheight,
    presynced_headers: sync?.presyncHeight ?? -1,
    synced_headers: heightOf(sync?.bestKnownBlock),
    synced_blocks: heightOf(sync?.lastCommonBlock),
    inflight: (sync?.blocksInFlight ?? []).map((entry) => headers.height(entry)),
    addr_relay_enabled: connection.relaysAddresses,
    addr_processed: 0,
    addr_rate_limited: 0,
    permissions,
    minfeefilter,
    ...transport,
  };
}

/**
 * Whether transactions may pass to a peer, now or once it asks for it with a filter (Core
 * `Peer::m_tx_relay`, set up in net_processing.cpp, VERSION).
 */
export function mayRelayTransactions({ peer }: Connection, ourServices: bigint): boolean {
  const { connectionType, version } = peer;
  if (version === undefined) return false;
  if (connectionType === 'block-relay-only' || connectionType === 'feeler') return false;
  return version.relay || (ourServices & ServiceFlags.NODE_BLOOM) !== 0n;
}
