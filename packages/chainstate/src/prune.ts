import type { Chain } from '@btcp2p/wire';
import type { BlockFileInfo } from './ports.ts';

/** Blocks that are never deleted, counted from the tip (Core `MIN_BLOCKS_TO_KEEP`, validation.h). */
export const MIN_BLOCKS_TO_KEEP = 288;

/** Blocks that are kept below one that somebody needs (Core `PRUNE_LOCK_BUFFER`, validation.cpp). */
export const PRUNE_LOCK_BUFFER = 10;

/** Somebody needs the blocks from a height on. */
export interface PruneLock {
  /** Who, for the log. */
  readonly name: string;
  readonly height: number;
}

/** Core `nPruneAfterHeight` (kernel/chainparams.cpp). */
const PRUNE_AFTER_HEIGHT: Readonly<Record<Chain, number>> = {
  main: 100_000, test: 1_000, testnet4: 1_000, signet: 1_000, regtest: 1_000,
};
/** The same on regtest with `-fastprune`. */
const FAST_PRUNE_AFTER_HEIGHT = 100;

/** The height that a chain has to have for blocks of it to be deleted. */
export function pruneAfterHeight(chain: Chain, { fastPrune }: { readonly fastPrune: boolean }): number {
  return chain === 'regtest' && fastPrune ? FAST_PRUNE_AFTER_HEIGHT : PRUNE_AFTER_HEIGHT[chain];
}

/** Heights of blocks that may be deleted, both included. */
export interface PruneRange {
  readonly first: number;
  readonly last: number;
}

/** Core `BLOCKFILE_CHUNK_SIZE` and `UNDOFILE_CHUNK_SIZE` (node/blockstorage.h), bytes. */
export const CHUNKS = 0x1000000 + 0x100000;

/**
 * Which block files to delete (Core `FindFilesToPrune` and `FindFilesToPruneManual`,
 * node/blockstorage.cpp).
 *
 * **Specification.** Files go from the lowest number up until all take less than the target, with room
 * for what comes next. One stays if it has no block, or has one that is in none of the ranges, or
 * blocks of two of them.
 *
 * @param target bytes; 0 for all that may go
 * @param room bytes of the target to be left free
 */
export function filesToPrune(
  files: ReadonlyMap<number, BlockFileInfo>,
  target: number,
  ranges: readonly PruneRange[],
  room: number = CHUNKS,
): number[] {
  let usage = 0;
  for (const { size, undoSize } of files.values()) usage += size + undoSize;
  const chosen: number[] = [];
  const numbers = [...files.keys()].sort((a, b) => a - b);
  for (const number of numbers) {
    if (target > 0 && usage + room < target) break;
    const { blocks, size, undoSize, heightFirst, heightLast } = files.get(number)!;
    const mayGo = ranges.some(({ first, last }) => heightFirst >= first && heightLast <= last);
    if (blocks === 0 || !mayGo) continue;
    chosen.push(number);
    usage -= size + undoSize;
  }
  return chosen;
}
