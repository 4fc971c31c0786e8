/**
 * A Bitcoin node as a sans-IO machine: connections, sync and serving.
 *
 * @example
 * import { Node } from '@btcp2p/node';
 *
 * const node = new Node({ network, params, headers, rng, userAgent: '/example:0.1/' });
 * node.addNode('127.0.0.1:18444', now);
 * for (let effect = node.poll(); effect; effect = node.poll()) carryOut(effect);
 *
 * @packageDocumentation
 */
export { Node } from './node.ts';
export type { AddedNode, NodeEffect, NodeInput, NodeStatus } from './node.ts';
export type { NodeOptions } from './node-options.ts';
export { DEFAULT_MAX_INBOUND, DEFAULT_MAX_PEER_CONNECTIONS } from './node-options.ts';
export type { NodePeerInfo } from './node-peer-info.ts';
export {
  MAX_BLOCK_RELAY_ONLY_CONNECTIONS,
  MAX_FEELER_CONNECTIONS,
  MAX_OUTBOUND_FULL_RELAY_CONNECTIONS,
} from './outbound-connections.ts';
export type { OutboundType } from './outbound-connections.ts';
export { NET_PERMISSIONS, parseWhitebind, parseWhitelist, permissionsOf } from './net-permissions.ts';
export type {
  PermissionError, PermissionFlags, PermissionRules, PermissionSubject, Whitebind, Whitelist,
} from './net-permissions.ts';
export { isLocalAddress, isRoutable, networkClass } from './network-class.ts';
export type { NetworkClass } from './network-class.ts';
export { Subnet } from './subnet.ts';
export { PROTOCOL_VERSION } from '@btcp2p/peer';
export type { NodeDisconnectReason, NodeEvent, NodeNoticeCode } from './node-event.ts';
export type {
  BlockFilter, ChainJob, ChainResult, FilterJob, Job, JobResult,
} from './job.ts';
export type { BlockOutcome, ChainEvent, ChainRejection } from './chain-port.ts';
export { DEFAULT_INBOUND_KEY_WORK_SHARE } from './key-work-queue.ts';
export { ActiveChain } from './active-chain.ts';
export type { ChainState } from './active-chain.ts';
