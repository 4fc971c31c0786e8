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

/** Core `BLOCKFILE_CHUNK_SIZE` and `UNDOFILE_CHUNK_SIZE` (node/blockstorage.h), bytes. */
const CHUNKS = 0x1000000 + 0x100000;

/**
 * Which block files to delete (Core `FindFilesToPrune` and `FindFilesToPruneManual`,
 * node/blockstorage.cpp).
 *
 * **Specification.** Files go from the lowest number up until all take less than the target, with room
 * for what bitcoind would reserve next. One stays if it has a block above `height`, one of the last
 * 288, or no block.
 *
 * @param target bytes; 0 for all that may go
 * @param height of the highest block that may go
 * @param tipHeight of the active chain
 */
export function filesToPrune(
  files: ReadonlyMap<number, BlockFileInfo>,
  target: number,
  height: number,
  tipHeight: number,
): number[] {
  const last = Math.min(height, tipHeight - MIN_BLOCKS_TO_KEEP);
  if (last <= 0) return [];
  let usage = 0;
  for (const { size, undoSize } of files.values()) usage += size + undoSize;
  const buffer = target === 0 ? 0 : CHUNKS;
  const chosen: number[] = [];
  const numbers = [...files.keys()].sort((a, b) => a - b);
  for (const number of numbers) {
    if (target > 0 && usage + buffer < target) break;
    const { blocks, size, undoSize, heightLast } = files.get(number)!;
    if (blocks === 0 || heightLast > last) continue;
    chosen.push(number);
    usage -= size + undoSize;
  }
  return chosen;
}
