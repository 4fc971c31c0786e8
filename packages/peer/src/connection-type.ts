/**
 * What a connection is for (Core `ConnectionType`, node/connection_types.h):
 *
 * - `inbound`: the peer dialled us
 * - `outbound-full-relay`: the usual kind, for blocks, transactions and addresses
 * - `block-relay-only`: blocks alone, so that nobody can infer the link from other traffic
 * - `manual`: the user asked for this peer, so it is not held to what other outbound peers are
 * - `feeler`: short, only to learn whether somebody listens at an address
 * - `addr-fetch`: short, only to ask for addresses
 */
export type ConnectionType =
  | 'inbound'
  | 'outbound-full-relay'
  | 'block-relay-only'
  | 'manual'
  | 'feeler'
  | 'addr-fetch';

interface ConnectionFacts {
  /** Whether a peer without the services that we need is let go. */
  readonly expectsServices: boolean;
  /** Whether transactions may come over it. */
  readonly relaysTransactions: boolean;
}

const FACTS: Readonly<Record<ConnectionType, ConnectionFacts>> = {
  inbound: { expectsServices: false, relaysTransactions: true },
  'outbound-full-relay': { expectsServices: true, relaysTransactions: true },
  'block-relay-only': { expectsServices: true, relaysTransactions: false },
  manual: { expectsServices: false, relaysTransactions: true },
  feeler: { expectsServices: false, relaysTransactions: false },
  'addr-fetch': { expectsServices: true, relaysTransactions: true },
};

/**
 * Whether a peer of this kind has to offer the services that we need (Core
 * `CNode::ExpectServicesFromConn`, net.h).
 */
export function expectsServices(type: ConnectionType): boolean {
  return FACTS[type].expectsServices;
}

/**
 * Whether transactions may be relayed over a connection of this kind at all (the part of Core
 * `PeerManagerImpl::RejectIncomingTxs`, net_processing.cpp, that depends on the connection alone).
 */
export function relaysTransactions(type: ConnectionType): boolean {
  return FACTS[type].relaysTransactions;
}
