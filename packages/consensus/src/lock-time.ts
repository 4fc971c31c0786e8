import type { Transaction } from '@btcp2p/wire';
import { hasFinalSequences } from './transaction-scan.ts';
import { readU32 } from './u32.ts';

/**
 * Lock times below this are heights, others Unix seconds
 * (Core `LOCKTIME_THRESHOLD`, script/script.h).
 */
export const LOCKTIME_THRESHOLD = 500_000_000;

const SEQUENCE_FINAL = 0xffff_ffff;

/**
 * Whether a transaction may be in a block (Core `IsFinalTx`, consensus/tx_verify.cpp).
 *
 * @param height of the block
 * @param time what times are compared with, Unix seconds: the median time past of the block before,
 *   or where BIP 113 does not hold yet the block's own time
 */
export function isFinalTransaction(
  transaction: Transaction,
  height: number,
  time: number,
): boolean {
  if (isLockTimeReached(transaction.lockTime, height, time)) return true;
  return transaction.inputs.every(({ sequence }) => sequence === SEQUENCE_FINAL);
}

/** The same for a transaction's bytes, whose structure is known to be sound. */
export function isFinal(bytes: Uint8Array, height: number, time: number): boolean {
  const lockTime = readU32(bytes, bytes.length - 4);
  return isLockTimeReached(lockTime, height, time) || hasFinalSequences(bytes);
}

function isLockTimeReached(lockTime: number, height: number, time: number): boolean {
  return lockTime === 0 || lockTime < (lockTime < LOCKTIME_THRESHOLD ? height : time);
}
