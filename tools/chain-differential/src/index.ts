/**
 * Runs our chain state and a bitcoind side by side on random regtest blocks, valid and invalid, and
 * compares them at each step: what they answer, their tips and the states of those, and their coins.
 *
 * @example
 * import { run } from '@btcp2p/chain-differential';
 *
 * await run(bitcoind, { seed: 1, steps: 1_000, coinsEvery: 25 }); // throws a Difference
 *
 * @packageDocumentation
 */
export { Difference } from './difference.ts';
export { faults } from './faults.ts';
export { run } from './run.ts';
export type { RunOptions, RunReport } from './run.ts';
