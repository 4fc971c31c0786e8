import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Block files and undo files. */
export type FileKind = 'blk' | 'rev';

/** `blk00000.dat` and so on (Core `FlatFileSeq::FileName`, flatfile.cpp). */
export function fileName(kind: FileKind, file: number): string {
  return `${kind}${String(file).padStart(5, '0')}.dat`;
}

/** The numbers of the files of a kind that a directory has, rising. */
export function fileNumbers(directory: string, kind: FileKind): number[] {
  const numbers: number[] = [];
  for (const name of readdirSync(directory)) {
    const number = Number(/^(?:blk|rev)(\d{5,})\.dat$/.exec(name)?.[1] ?? NaN);
    if (name === fileName(kind, number)) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

/**
 * The numbers of the block files that `-reindex` goes through: from 0 up to the first that is missing
 * (Core `ImportBlocks`, node/blockstorage.cpp).
 */
export function reindexFileNumbers(directory: string): number[] {
  return fileNumbers(directory, 'blk').filter((number, i) => number === i);
}

/** Deletes all undo files: `-reindex` makes new ones. Returns their numbers. */
export function removeUndoFiles(directory: string): number[] {
  const numbers = fileNumbers(directory, 'rev');
  for (const number of numbers) rmSync(join(directory, fileName('rev', number)));
  return numbers;
}

/**
 * Deletes what `-reindex` of a pruned node has no use for (Core `CleanupBlockRevFiles`): all undo
 * files, and the block files behind the first that is missing.
 */
export function cleanupBlockRevFiles(directory: string): void {
  removeUndoFiles(directory);
  for (const [i, number] of fileNumbers(directory, 'blk').entries()) {
    if (number !== i) rmSync(join(directory, fileName('blk', number)));
  }
}
