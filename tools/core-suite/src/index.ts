/**
 * Bitcoin Core's functional tests, unmodified, against btcp2p-node or any other node that is started
 * as bitcoind is.
 *
 * @example
 * import { parseTestList } from '@btcp2p/core-suite';
 *
 * const { expected, failing } = parseTestList('feature_uacomment\n!p2p_x: it needs a wallet\n');
 *
 * @packageDocumentation
 */
export { makeBuildTree } from './build-tree.ts';
export type { BuildTree, BuildTreeOptions } from './build-tree.ts';
export { parseOptions, UsageError } from './options.ts';
export type { Options } from './options.ts';
export { runSuite } from './run-suite.ts';
export type { SuiteRun } from './run-suite.ts';
export { runTest } from './run-test.ts';
export type { Outcome, RunTestOptions, TestResult } from './run-test.ts';
export { parseTestList, suiteTest } from './test-list.ts';
export type { KnownFailure, SuiteTest, TestList } from './test-list.ts';
