import {
  MAX_BLOCK_WEIGHT,
  sha256d,
  strippedSize,
  type BlockView,
  type Sha256d,
} from '@btcp2p/wire';
import { checkMerkleRoot, invalidBlock, type InvalidBlock } from './check-block.ts';
import { isFinal } from './lock-time.ts';
import type { ConsensusParams } from './params.ts';
import { isCoinbase } from './transaction-scan.ts';
import { checkWitnesses } from './witness-commitment.ts';

/** Where in the chain a block stands. */
export interface BlockContext {
  /** Of the block itself. */
  readonly height: number;
  /** Of its parent, Unix seconds. */
  readonly medianTimePast: number;
  /** As {@link checkBlock} returned them; spares hashing transactions without witness again. */
  readonly txids?: readonly Uint8Array[];
}

/** The answer of {@link checkBlockContext}. */
export type CheckBlockContextResult = { readonly status: 'ok' } | InvalidBlock;

const OK: CheckBlockContextResult = { status: 'ok' };

/**
 * Checks what depends on the headers before a block, but not on what it spends: lock times, the
 * height in the coinbase, witness commitment, weight; in the order of Core's `ContextualCheckBlock`
 * (validation.cpp).
 *
 * @param block one that {@link checkBlock} found in order
 */
export function checkBlockContext(
  block: BlockView,
  context: BlockContext,
  params: ConsensusParams,
  hash: Sha256d = sha256d,
): CheckBlockContextResult {
  const { height } = context;
  const time = height >= params.csvHeight ? context.medianTimePast : block.header.time;
  for (let i = 0; i < block.transactionCount; i++) {
    if (!isFinal(block.transactionBytes(i), height, time)) {
      return invalidBlock('bad-txns-nonfinal', 'non-final transaction');
    }
  }
  const coinbase = block.transaction(0);
  if (height >= params.bip34Height && !startsWithHeight(coinbase.inputs[0]!.scriptSig, height)) {
    return invalidBlock('bad-cb-height', 'block height mismatch in coinbase');
  }
  const segwit = height >= params.segwitHeight;
  const fault = checkWitnesses(block, coinbase, segwit, hash, context.txids);
  if (fault !== undefined) return fault;
  if (block.weight <= MAX_BLOCK_WEIGHT) return OK;
  return invalidBlock('bad-blk-weight', 'ContextualCheckBlock : weight limit failed');
}

/**
 * Whether the transactions or witnesses that came with a header are not those it commits to, as far
 * as can be told without its ancestors: what to ask before a block from a peer is judged (Core
 * `IsBlockMutated`, validation.cpp).
 *
 * @param checkWitnessRoot whether BIP 141 holds for the block
 */
export function isBlockMutated(
  block: BlockView,
  checkWitnessRoot: boolean,
  hash: Sha256d = sha256d,
): boolean {
  const txids = block.txids(hash);
  if (checkMerkleRoot(txids, block.header.merkleRoot, hash) !== undefined) return true;
  if (block.transactionCount === 0 || !isCoinbase(block.transactionBytes(0))) {
    return hasNodeSizedTransaction(block);
  }
  return checkWitnesses(block, block.transaction(0), checkWitnessRoot, hash, txids) !== undefined;
}

/** A transaction of 64 bytes may be two hashes, an inner node of the tree, passed off as one. */
function hasNodeSizedTransaction(block: BlockView): boolean {
  for (let i = 0; i < block.transactionCount; i++) {
    if (strippedSize(block.transaction(i)) === 64) return true;
  }
  return false;
}

/** The push of a height that a coinbase starts with (BIP 34; Core `CScript() << nHeight`). */
export function heightScript(height: number): Uint8Array {
  if (height === 0) return Uint8Array.of(0);
  if (height <= 16) return Uint8Array.of(0x50 + height);
  const number: number[] = [];
  for (let left = height; left > 0; left = Math.floor(left / 256)) number.push(left % 256);
  // The highest bit would be a sign.
  if (number.at(-1)! >= 0x80) number.push(0);
  return Uint8Array.of(number.length, ...number);
}

function startsWithHeight(script: Uint8Array, height: number): boolean {
  return heightScript(height).every((byte, i) => script[i] === byte);
}
