/**
 * One Bitcoin P2P connection as a sans-IO machine: version handshake, feature negotiation, pings
 * and timeouts, behaving as Bitcoin Core does.
 *
 * @example
 * import { Peer } from '@btcp2p/peer';
 *
 * const peer = new Peer({ ...options, connectionType: 'outbound-full-relay', now });
 * peer.handle({ type: 'received', data }, now);
 * for (let effect = peer.poll(); effect; effect = peer.poll()) carryOut(effect);
 * armTimer(peer.deadline());
 *
 * @packageDocumentation
 */
export { Peer } from './peer.ts';
export type { PeerStage } from './peer.ts';
export type { PeerOptions } from './peer-options.ts';
export type { Established, NoticeCode, PeerEffect, PeerInput } from './peer-io.ts';
export type { PeerInfo } from './peer-info.ts';
export type { Transport, TransportEvent } from './transport.ts';
export { V2Transport } from './v2-transport.ts';
export type { V2TransportOptions } from './v2-transport.ts';
export type { TrafficShaping } from './traffic-shaping.ts';
export { expectsServices, relaysTransactions } from './connection-type.ts';
export type { ConnectionType } from './connection-type.ts';
export type { NetPermission } from './permissions.ts';
export { isHandshakeMessage } from './negotiation.ts';
export { isTransient } from './disconnect-reason.ts';
export type { DisconnectReason } from './disconnect-reason.ts';
export { PeerError } from './peer-error.ts';
export type { PeerErrorCode } from './peer-error.ts';
export { PingTracker } from './ping-tracker.ts';
export type { PongProblem } from './ping-tracker.ts';
export { NET_MESSAGE_TYPE_OTHER } from './traffic.ts';
export {
  BIP0031_VERSION,
  CMPCTBLOCKS_VERSION,
  FEATURE_VERSION,
  MIN_PEER_PROTO_VERSION,
  PROTOCOL_VERSION,
  SHORT_IDS_BLOCKS_VERSION,
  WTXID_RELAY_VERSION,
} from './protocol-version.ts';
export {
  ADDR_FETCH_TIMEOUT,
  DEFAULT_PEER_CONNECT_TIMEOUT,
  PING_INTERVAL,
  TIMEOUT_INTERVAL,
} from './timing.ts';
