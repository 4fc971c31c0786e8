/**
 * `npm run demo`: one process mines regtest blocks and serves them, another, `btcp2p-node`, syncs
 * them and follows.
 *
 * @packageDocumentation
 */
export type { FromMiner, ToMiner } from './miner-messages.ts';
