import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeBlockFile } from '@btcp2p/regtest';
import { regtest } from '@btcp2p/wire';
import { makeBlocks, type Recipe } from './make-blocks.ts';

/** To be raised whenever the same recipe makes another chain than before. */
export const RECIPE_VERSION = 1;

/** Where chains are kept by default: `.cache/chains` of the repository. */
export const CHAIN_CACHE = resolve(import.meta.dirname, '../../../.cache/chains');

/**
 * The path of a file with the blocks of a chain in the framing of Core's blk00000.dat, without genesis.
 * The first call for a recipe makes it; that is some 100 µs for a payment.
 */
export function chainFile(recipe: Recipe, directory: string = CHAIN_CACHE): string {
  const { blocks, transactions, seed = 1n } = recipe;
  const name = `regtest-v${RECIPE_VERSION}-${blocks}-blocks-${transactions}-payments-seed-${seed}.blk`;
  const file = join(directory, name);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  // Written beside its place and then moved: nobody sees a half of it.
  const scratch = `${file}-${process.pid}`;
  try {
    writeBlockFile(scratch, regtest, bytesOf(recipe));
    renameSync(scratch, file);
  } finally {
    rmSync(scratch, { force: true });
  }
  return file;
}

function* bytesOf(recipe: Recipe): Generator<Uint8Array> {
  for (const block of makeBlocks(recipe)) yield block.bytes;
}
