/**
 * Makes regtest blocks, and files of blocks, for tests, benches and the demo.
 *
 * @example
 * import { RegtestChain } from '@btcp2p/regtest';
 *
 * const blocks = new RegtestChain().mine(100);
 *
 * @packageDocumentation
 */
export { writeBlockFile } from './block-file.ts';
export { mineBlock } from './mine-block.ts';
export type { BlockTransaction, MineOptions } from './mine-block.ts';
export { RegtestChain } from './regtest-chain.ts';
