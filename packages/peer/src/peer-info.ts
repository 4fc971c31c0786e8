import type { Instant, PeerId, UnixTime } from '@btcp2p/machine';
import { formatAddress, serviceNames, toHex, type NetAddress } from '@btcp2p/wire';
import type { ConnectionType } from './connection-type.ts';
import type { Peer } from './peer.ts';
import type { PeerOptions } from './peer-options.ts';
import type { NetPermission } from './permissions.ts';
import type { PingTracker } from './ping-tracker.ts';
import { sanitizeString } from './sanitize-string.ts';
import type { Traffic } from './traffic.ts';
import type { Transport } from './transport.ts';

/**
 * What one connection can tell of itself, under the keys of Core's `getpeerinfo` (rpc/net.cpp).
 * What only the rest of a node knows (`addrbind`, `network`, `synced_blocks`, …) is not here.
 */
export interface PeerInfo {
  readonly id: PeerId;
  /** `host:port`. */
  readonly addr: string;
  /** Where the peer sees us, if its `version` says so. */
  readonly addrlocal?: string;
  /** 64 bits as 16 hexadecimal digits. */
  readonly services: string;
  readonly servicesnames: readonly string[];
  readonly relaytxes: boolean;
  /** When bytes were last handed out for the peer, 0 if never. */
  readonly lastsend: UnixTime;
  /** When bytes last came, 0 if never. */
  readonly lastrecv: UnixTime;
  readonly bytessent: number;
  readonly bytesrecv: number;
  readonly conntime: UnixTime;
  /** Seconds by which the peer's clock was ahead of ours. */
  readonly timeoffset: number;
  /** Seconds, left out if no ping was answered. */
  readonly pingtime?: number;
  /** Seconds, left out if no ping was answered. */
  readonly minping?: number;
  /** Seconds, left out unless a ping waits for its answer. */
  readonly pingwait?: number;
  /** 0 before the peer's `version`. */
  readonly version: number;
  /** Only harmless characters. */
  readonly subver: string;
  readonly inbound: boolean;
  /** Whether the latest `sendcmpct` that we sent asked for unannounced compact blocks. */
  readonly bip152_hb_to: boolean;
  /** Whether the peer's latest `sendcmpct` asks for unannounced compact blocks. */
  readonly bip152_hb_from: boolean;
  /** -1 before the peer's `version`. */
  readonly startingheight: number;
  readonly permissions: readonly NetPermission[];
  /** Satoshis for 1,000 virtual bytes (Core prints bitcoins). */
  readonly minfeefilter: bigint;
  /** Types with bytes only. */
  readonly bytessent_per_msg: Readonly<Record<string, number>>;
  readonly bytesrecv_per_msg: Readonly<Record<string, number>>;
  readonly connection_type: ConnectionType;
  readonly transport_protocol_type: 'detecting' | 'v1' | 'v2';
  /** 64 hexadecimal digits, empty without encryption. */
  readonly session_id: string;
}

/** What a peer keeps to itself and shows in its info. */
export interface PeerInfoParts {
  readonly options: PeerOptions;
  readonly transport: Transport;
  readonly sent: Traffic;
  readonly received: Traffic;
  readonly ping: PingTracker;
  readonly announcesCompact: boolean;
}

/** The info of a peer at `now`. */
export function peerInfo(peer: Peer, parts: PeerInfoParts, now: Instant): PeerInfo {
  const { version, compact } = peer;
  const { options, transport, sent, received } = parts;
  const services = version?.services ?? 0n;
  return {
    id: peer.id,
    addr: options.address,
    ...localAddress(version?.receiver),
    services: services.toString(16).padStart(16, '0'),
    servicesnames: serviceNames(services),
    relaytxes: peer.relaysTransactions,
    lastsend: sent.lastAt,
    lastrecv: received.lastAt,
    bytessent: sent.bytes,
    bytesrecv: received.bytes,
    conntime: options.now.unix,
    timeoffset: peer.timeOffset,
    ...pingTimes(parts.ping, now),
    version: version?.version ?? 0,
    subver: sanitizeString(version?.userAgent ?? ''),
    inbound: peer.isInbound,
    bip152_hb_to: parts.announcesCompact,
    bip152_hb_from: compact?.announce === true,
    startingheight: version?.startHeight ?? -1,
    permissions: options.permissions ?? [],
    minfeefilter: peer.feeFilter,
    bytessent_per_msg: sent.byType(),
    bytesrecv_per_msg: received.byType(),
    connection_type: peer.connectionType,
    transport_protocol_type: peer.transportProtocol,
    session_id: transport.sessionId === undefined ? '' : toHex(transport.sessionId),
  };
}

function localAddress(address: NetAddress | undefined): Pick<PeerInfo, 'addrlocal'> {
  if (address === undefined || address.bytes.every((byte) => byte === 0)) return {};
  return { addrlocal: formatAddress(address) };
}

/** Core leaves out a latest round trip and a wait of 0, but not a shortest round trip. */
function pingTimes(
  ping: PingTracker,
  now: Instant,
): Pick<PeerInfo, 'pingtime' | 'minping' | 'pingwait'> {
  const { last, minimum, startedAt } = ping;
  const wait = ping.nonce === 0n || startedAt === undefined ? 0 : now - startedAt;
  return {
    ...(last === undefined || last === 0 ? {} : { pingtime: seconds(last) }),
    ...(minimum === undefined ? {} : { minping: seconds(minimum) }),
    ...(wait > 0 ? { pingwait: seconds(wait) } : {}),
  };
}

/** Milliseconds as seconds, to the microsecond. */
const seconds = (milliseconds: number): number => Math.round(milliseconds * 1_000) / 1_000_000;
