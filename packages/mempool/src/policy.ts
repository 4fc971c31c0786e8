import { WITNESS_SCALE_FACTOR } from '@btcp2p/wire';

/**
 * Bytes that a transaction must have without its witnesses, so that it cannot be taken for two hashes
 * of a merkle tree (Core `MIN_STANDARD_TX_NONWITNESS_SIZE`, policy/policy.h; CVE-2017-12842).
 */
export const MIN_STANDARD_TX_NONWITNESS_SIZE = 65;

/** Core `MAX_STANDARD_TX_SIGOPS_COST` (policy/policy.h): a fifth of what a block may have. */
export const MAX_STANDARD_TX_SIGOPS_COST = 16_000;

/** Core `DEFAULT_BYTES_PER_SIGOP` (policy/policy.h): virtual bytes that a signature operation counts as. */
export const DEFAULT_BYTES_PER_SIGOP = 20;

/** Core `TRUC_VERSION` (policy/truc_policy.h): transactions of this version may pay less (BIP 431). */
export const TRUC_VERSION = 3;

/** Core `DEFAULT_MIN_RELAY_TX_FEE` (policy/policy.h), satoshis per 1,000 virtual bytes. */
export const DEFAULT_MIN_RELAY_TX_FEE = 100n;

/** Core `DEFAULT_MAX_MEMPOOL_SIZE_MB` (kernel/mempool_options.h), in bytes. */
export const DEFAULT_MAX_MEMPOOL_BYTES = 300_000_000;

/** Core `DEFAULT_CLUSTER_LIMIT` (policy/policy.h): transactions that hang together. */
export const DEFAULT_CLUSTER_LIMIT = 64;

/** Core `DEFAULT_CLUSTER_SIZE_LIMIT_KVB` (policy/policy.h), in virtual bytes. */
export const DEFAULT_CLUSTER_SIZE_LIMIT_VBYTES = 101_000;

/** Weight, or more where there are many signature operations (Core `GetSigOpsAdjustedWeight`, policy.cpp). */
export function sigOpsAdjustedWeight(weight: number, sigOpCost: number): number {
  return Math.max(weight, sigOpCost * DEFAULT_BYTES_PER_SIGOP);
}

/** Weight in virtual bytes (Core `GetVirtualTransactionSize`, policy/policy.cpp). */
export function virtualSizeOf(weight: number): number {
  return Math.ceil(weight / WITNESS_SCALE_FACTOR);
}
