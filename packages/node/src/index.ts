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
export type { NodeEffect, NodeInput, NodeStatus } from './node.ts';
export type { NodeOptions } from './node-options.ts';
export { DEFAULT_MAX_INBOUND } from './node-options.ts';
export type { NodeDisconnectReason, NodeEvent } from './node-event.ts';
export type { Job, JobResult, StorageJob, StorageResult } from './job.ts';
export { DEFAULT_INBOUND_KEY_WORK_SHARE } from './key-work-queue.ts';
export { ActiveChain } from './active-chain.ts';
export type { ChainUpdate } from './active-chain.ts';
