/**
 * Bitcoin's rules for headers and blocks, as far as they need no coins and no scripts: proof of
 * work, difficulty, median time, chain selection, merkle roots, witness commitments.
 *
 * @example
 * import { consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
 * import { mainnet } from '@btcp2p/wire';
 *
 * const params = consensusParams(mainnet);
 * const tree = new HeaderTree({ params, anchor: genesisAnchor(mainnet) });
 * const result = tree.add(header, now); // { status: 'added', entry } or why not
 *
 * @packageDocumentation
 */
export { consensusParams, difficultyAdjustmentInterval } from './params.ts';
export type { ConsensusParams } from './params.ts';
export { compactToTarget, targetToCompact } from './compact.ts';
export type { CompactTarget } from './compact.ts';
export { blockProof, blockProofEquivalentTime, checkProofOfWork } from './proof-of-work.ts';
export { calculateNextWorkRequired, permittedDifficultyTransition } from './retarget.ts';
export type { RetargetHeader } from './retarget.ts';
export { MAX_FUTURE_BLOCK_TIME, MAX_TIMEWARP, MEDIAN_TIME_SPAN } from './header-rules.ts';
export type { HeaderRejectReason } from './header-rules.ts';
export { genesisAnchor, HeaderTree } from './header-tree.ts';
export type {
  AddHeaderResult, HeaderAnchor, HeaderEntry, HeaderTreeOptions,
} from './header-tree.ts';
export { merkleRoot } from './merkle.ts';
export type { MerkleRoot } from './merkle.ts';
export { checkTransaction } from './check-transaction.ts';
export type { TransactionRejectReason } from './check-transaction.ts';
export { checkBlock, MAX_BLOCK_SIGOPS_COST } from './check-block.ts';
export type { BlockRejectReason, CheckBlockResult, InvalidBlock } from './check-block.ts';
export { checkBlockContext, heightScript, isBlockMutated } from './check-block-context.ts';
export type { BlockContext, CheckBlockContextResult } from './check-block-context.ts';
export { witnessCommitment, witnessMerkleRoot } from './witness-commitment.ts';
export { isFinalTransaction, LOCKTIME_THRESHOLD } from './lock-time.ts';
export { legacySigOpCount } from './sigops.ts';
export { blockSubsidy, COIN, MAX_MONEY } from './subsidy.ts';
