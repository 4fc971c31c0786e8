/**
 * Bitcoin's rules for headers, blocks and transactions, all but scripts: proof of work, difficulty,
 * median time, chain selection, merkle roots, witness commitments, spent coins, lock times,
 * deployments, signet solutions.
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
export type {
  ConsensusParams, ConsensusParamsOptions, ScriptFlagException, VersionBitsParameters,
} from './params.ts';
export type { AssumeutxoData } from './assumeutxo.ts';
export { parseTestActivationHeight, parseVersionBitsParameters } from './parse-options.ts';
export type { ActivationHeight, InvalidArgument, VersionBitsArgument } from './parse-options.ts';
export { buriedDeploymentHeight, isBuriedDeploymentActive } from './buried-deployments.ts';
export type { BuriedDeployment } from './buried-deployments.ts';
export {
  ALWAYS_ACTIVE, NEVER_ACTIVE, NO_TIMEOUT, versionBitsDeployments,
} from './bip9-deployment.ts';
export type { Bip9Deployment, VersionBitsDeployment } from './bip9-deployment.ts';
export type { ThresholdState, VersionBitsChain } from './threshold-states.ts';
export {
  isSignalling, VERSIONBITS_LAST_OLD_BLOCK_VERSION, VERSIONBITS_NUM_BITS, VERSIONBITS_TOP_BITS,
  VERSIONBITS_TOP_MASK, VersionBitsCache,
} from './version-bits-cache.ts';
export type {
  Bip9Info, Bip9Statistics, TemplateDeployment, TemplateDeployments, UnknownActivation,
} from './version-bits-cache.ts';
export { BlockScriptFlags, blockScriptFlagNames } from './script-flags.ts';
export type { BlockScriptFlagName } from './script-flags.ts';
export { blockScriptFlags } from './block-script-flags.ts';
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
export { checkBlock, checkBlockContents, MAX_BLOCK_SIGOPS_COST } from './check-block.ts';
export type { BlockRejectReason, CheckBlockResult, InvalidBlock } from './check-block.ts';
export { checkBlockContext, heightScript, isBlockMutated } from './check-block-context.ts';
export type { BlockContext, CheckBlockContextResult } from './check-block-context.ts';
export { witnessCommitment, witnessMerkleRoot } from './witness-commitment.ts';
export { checkTransactionInputs, COINBASE_MATURITY } from './check-transaction-inputs.ts';
export type {
  CheckTransactionInputsResult, InvalidTransactionInputs, SpentCoin, TransactionInputsRejectReason,
} from './check-transaction-inputs.ts';
export {
  checkAccumulatedFees, checkCoinbaseAmount, checkSigOpCost,
} from './check-block-totals.ts';
export {
  BIP34_IMPLIES_BIP30_LIMIT, enforcesBip30, isBip30Repeat, isBip30Unspendable,
} from './bip30.ts';
export {
  isSignetBlockSolved, SIGNET_SCRIPT_FLAGS, signetMagic, signetSolution, signetTransactions,
} from './signet.ts';
export type { SignetTransactions, SignetVerifier } from './signet.ts';
export {
  calculateSequenceLocks, evaluateSequenceLocks, SEQUENCE_LOCKTIME_DISABLE_FLAG,
  SEQUENCE_LOCKTIME_GRANULARITY, SEQUENCE_LOCKTIME_MASK, SEQUENCE_LOCKTIME_TYPE_FLAG, sequenceLocks,
} from './sequence-locks.ts';
export type { SequenceLockContext, SequenceLocks } from './sequence-locks.ts';
export { isFinalTransaction, LOCKTIME_THRESHOLD } from './lock-time.ts';
export { legacySigOpCount } from './sigops.ts';
export { legacySigOpCost, sigOpCost } from './sigop-cost.ts';
export { formatMoney, isMoneyRange } from './money.ts';
export { blockSubsidy, COIN, MAX_MONEY } from './subsidy.ts';
