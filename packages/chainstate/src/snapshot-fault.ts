import type { ConsensusParams, HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import { equalHashes, hashToHex } from '@btcp2p/wire';

/** Why a snapshot cannot be loaded, in Core's words. */
export interface SnapshotFault {
  readonly message: string;
}

/** What the answer depends on. */
export interface SnapshotContext {
  readonly params: ConsensusParams;
  readonly headers: HeaderTree;
  /** Of the active chain. */
  readonly tip: HeaderEntry;
  /** Whether the active chain went on from a snapshot already. */
  readonly hasSnapshot: boolean;
  /** Transactions that wait to be mined. */
  readonly mempoolSize: number;
}

/**
 * Whether the coins of a block can be loaded now (Core `ActivateSnapshot`, validation.cpp): it must be
 * one whose hash we know, on the chain of the best header, and further than we are, and nothing may wait
 * to be mined.
 *
 * @param baseHash 32 bytes in wire order
 */
export function snapshotFault(
  baseHash: Uint8Array,
  { params, headers, tip, hasSnapshot, mempoolSize }: SnapshotContext,
): SnapshotFault | undefined {
  if (hasSnapshot) return { message: "Can't activate a snapshot-based chainstate more than once" };
  const name = hashToHex(baseHash);
  const known = params.assumeutxo.some(({ blockHash }) => equalHashes(blockHash, baseHash));
  if (!known) {
    const heights = params.assumeutxo.map(({ height }) => height).join(', ');
    const message =
      `assumeutxo block hash in snapshot metadata not recognized (hash: ${name}). ` +
      `The following snapshot heights are available: ${heights}`;
    return { message };
  }
  const base = headers.find(baseHash);
  if (base === undefined) {
    const message =
      `The base block header (${name}) must appear in the headers chain. ` +
      'Make sure all headers are syncing, and call loadtxoutset again';
    return { message };
  }
  if (headers.isInvalid(base)) {
    return { message: `The base block header (${name}) is part of an invalid chain` };
  }
  if (!headers.isAncestor(base, headers.best)) {
    const message =
      'A forked headers-chain with more work than the chain with the snapshot base block header ' +
      'exists. Please proceed to sync without AssumeUtxo.';
    return { message };
  }
  if (mempoolSize > 0) return { message: "Can't activate a snapshot when mempool not empty" };
  if (headers.compareWork(base, tip) <= 0) {
    return { message: 'Population failed: Work does not exceed active chainstate' };
  }
  return undefined;
}
