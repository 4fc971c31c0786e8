/**
 * Makes regtest blocks, for tests, benches and the demo.
 *
 * @example
 * import { RegtestChain } from '@btcp2p/regtest';
 *
 * const blocks = new RegtestChain().mine(100);
 *
 * @packageDocumentation
 */
export { mineBlock } from './mine-block.ts';
export type { MineOptions } from './mine-block.ts';
export { RegtestChain } from './regtest-chain.ts';
