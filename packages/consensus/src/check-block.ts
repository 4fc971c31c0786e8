import {
  hashToHex,
  MAX_BLOCK_WEIGHT,
  sha256d,
  WITNESS_SCALE_FACTOR,
  type BlockView,
  type Sha256d,
} from '@btcp2p/wire';
import type { TransactionInputsRejectReason } from './check-transaction-inputs.ts';
import { inspectTransaction, type TransactionRejectReason } from './check-transaction.ts';
import { merkleRoot } from './merkle.ts';
import type { ConsensusParams } from './params.ts';
import { checkProofOfWork } from './proof-of-work.ts';
import { isSignetBlockSolved, type SignetVerifier } from './signet.ts';
import { isCoinbase } from './transaction-scan.ts';

/**
 * Most signature operations of a block, a legacy one counting 4
 * (Core `MAX_BLOCK_SIGOPS_COST`, consensus/consensus.h).
 */
export const MAX_BLOCK_SIGOPS_COST = 80_000;

/**
 * Why a block is refused, in Core's words (validation.cpp): for what it shows by itself or in its
 * place in the chain, or, from `bad-txns-BIP30` on, for what it spends.
 */
export type BlockRejectReason =
  | TransactionRejectReason
  | 'high-hash'
  | 'bad-signet-blksig'
  | 'bad-txnmrklroot'
  | 'bad-txns-duplicate'
  | 'bad-blk-length'
  | 'bad-cb-missing'
  | 'bad-cb-multiple'
  | 'bad-blk-sigops'
  | 'bad-txns-nonfinal'
  | 'bad-cb-height'
  | 'bad-witness-nonce-size'
  | 'bad-witness-merkle-match'
  | 'unexpected-witness'
  | 'bad-blk-weight'
  | 'bad-txns-BIP30'
  | TransactionInputsRejectReason
  | 'bad-txns-accumulated-fee-outofrange'
  | 'bad-cb-amount'
  | `block-script-verify-flag-failed (${string})`;

/** A block that breaks a rule. */
export interface InvalidBlock {
  readonly status: 'invalid';
  readonly reason: BlockRejectReason;
  /** A sentence for the log. */
  readonly debug: string;
  /**
   * Whether its transactions are not those that its header commits to. Then the header may still be
   * of a valid block, and must not be marked invalid (Core `BLOCK_MUTATED`).
   */
  readonly mutated: boolean;
}

/** The answer of {@link checkBlock}. A block in order comes with its txids, 32 bytes each. */
export type CheckBlockResult =
  | { readonly status: 'ok'; readonly txids: readonly Uint8Array[] }
  | InvalidBlock;

/**
 * Checks all that a block shows by itself: proof of work, a signet's solution, merkle root, size,
 * coinbase, each transaction by itself, legacy signature operations; in the order of Core's
 * `CheckBlock` (validation.cpp).
 *
 * @param verifySignet runs the scripts of a signet's solution (BIP 325); without it, and on other
 *   networks, solutions are not looked at
 */
export function checkBlock(
  block: BlockView,
  params: ConsensusParams,
  hash: Sha256d = sha256d,
  verifySignet?: SignetVerifier,
): CheckBlockResult {
  const { header } = block;
  if (!checkProofOfWork(block.hash(hash), header.bits, params)) {
    return invalidBlock('high-hash', 'proof of work failed');
  }
  const txids = block.txids(hash);
  if (verifySignet && !isSignetBlockSolved(block, params, verifySignet, hash, txids)) {
    return invalidBlock('bad-signet-blksig', 'signet block signature validation failure');
  }
  return checkContents(block, txids, hash);
}

/** {@link checkBlock} for a block that is not mined yet: without proof of work and a signet's solution. */
export function checkBlockContents(block: BlockView, hash: Sha256d = sha256d): CheckBlockResult {
  return checkContents(block, block.txids(hash), hash);
}

function checkContents(
  block: BlockView,
  txids: readonly Uint8Array[],
  hash: Sha256d,
): CheckBlockResult {
  const fault = checkMerkleRoot(txids, block.header.merkleRoot, hash) ?? checkLength(block);
  if (fault !== undefined) return fault;
  // One view of each, for the two passes over them.
  const transactions = txids.map((_, i) => block.transactionBytes(i));
  return (
    checkCoinbases(transactions) ??
    checkTransactions(transactions, txids) ?? { status: 'ok', txids }
  );
}

/** Whether the transactions are those that the header commits to (Core `CheckMerkleRoot`). */
export function checkMerkleRoot(
  txids: readonly Uint8Array[],
  committed: Uint8Array,
  hash: Sha256d,
): InvalidBlock | undefined {
  const { root, mutated } = merkleRoot(txids, hash);
  if (root.some((byte, i) => byte !== committed[i])) {
    return mutatedBlock('bad-txnmrklroot', 'hashMerkleRoot mismatch');
  }
  return mutated ? mutatedBlock('bad-txns-duplicate', 'duplicate transaction') : undefined;
}

function checkLength({ transactionCount, strippedSize }: BlockView): InvalidBlock | undefined {
  const most = MAX_BLOCK_WEIGHT / WITNESS_SCALE_FACTOR;
  if (transactionCount > 0 && transactionCount <= most && strippedSize <= most) return undefined;
  return invalidBlock('bad-blk-length', 'size limits failed');
}

function checkCoinbases(transactions: readonly Uint8Array[]): InvalidBlock | undefined {
  const [first, ...others] = transactions;
  if (!isCoinbase(first!)) return invalidBlock('bad-cb-missing', 'first tx is not coinbase');
  if (others.some(isCoinbase)) return invalidBlock('bad-cb-multiple', 'more than one coinbase');
  return undefined;
}

function checkTransactions(
  transactions: readonly Uint8Array[],
  txids: readonly Uint8Array[],
): InvalidBlock | undefined {
  let sigOps = 0;
  for (const [i, bytes] of transactions.entries()) {
    const inspection = inspectTransaction(bytes);
    if (inspection.reason !== undefined) {
      const debug = `Transaction check failed (tx hash ${hashToHex(txids[i]!)}) `;
      return invalidBlock(inspection.reason, debug);
    }
    sigOps += inspection.sigOps;
  }
  if (sigOps * WITNESS_SCALE_FACTOR > MAX_BLOCK_SIGOPS_COST) {
    return invalidBlock('bad-blk-sigops', 'out-of-bounds SigOpCount');
  }
  return undefined;
}

/** A block that breaks a rule with the transactions that its header commits to. */
export function invalidBlock(reason: BlockRejectReason, debug: string): InvalidBlock {
  return { status: 'invalid', reason, debug, mutated: false };
}

/** A block whose transactions are not those that its header commits to. */
export function mutatedBlock(reason: BlockRejectReason, debug: string): InvalidBlock {
  return { status: 'invalid', reason, debug, mutated: true };
}
