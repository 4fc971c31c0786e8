import { existsSync, mkdirSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Chain } from '@btcp2p/wire';
import { lockDirectory } from './directory-lock.ts';
import { NodeError, systemErrorCode, systemErrorText } from './node-error.ts';

/** The directory of each chain inside the data directory (Core chainparamsbase.cpp). */
const CHAIN_DIRECTORIES: Readonly<Record<Chain, string>> = {
  main: '',
  test: 'testnet3',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
};

/** Core `CheckDiskSpace` (util/fs_helpers.cpp): bytes that have to stay free, 50 MiB. */
export const MIN_DISK_SPACE = 52_428_800;

/**
 * The directories of one chain, laid out as bitcoind's, and locked for this process. What a later
 * part needs (`chainstate`, `indexes`) it makes itself in `chain`.
 */
export interface DataDirectory {
  /** Holds all chains; main's own directory. */
  readonly base: string;
  /** Of this chain: the log, peers and such, as plain files. */
  readonly chain: string;
  /** Block files: `<chain>/blocks`, or the same below `-blocksdir`. */
  readonly blocks: string;
  /** Gives the directories to the next process. */
  release(): void;
}

/**
 * Makes what is missing of a chain's directories, and locks them. A new directory gets an empty
 * `wallets`, as bitcoind makes it.
 *
 * @param base absolute path of the data directory
 * @param blocksBase what holds block files in its place; it must exist (`-blocksdir`)
 * @throws NodeError `locked` if a process uses the directory; `data-directory` if it cannot be used;
 *   `disk-full` if less than 50 MiB are free
 */
export async function openDataDirectory(
  base: string,
  chain: Chain,
  blocksBase?: string,
): Promise<DataDirectory> {
  if (blocksBase !== undefined && !isDirectory(blocksBase)) {
    const what = `Specified blocks directory "${blocksBase}" does not exist.`;
    throw new NodeError('data-directory', what);
  }
  const directory = join(base, CHAIN_DIRECTORIES[chain]);
  const blocks = join(resolve(blocksBase ?? base), CHAIN_DIRECTORIES[chain], 'blocks');
  for (const path of new Set([base, directory])) {
    if (!existsSync(path)) makeDirectory(join(path, 'wallets'));
  }
  const locks = [await lockDirectory(directory)];
  const release = (): void => {
    for (const lock of locks) lock.release();
  };
  try {
    makeDirectory(blocks);
    // Others may have named it as the place of their blocks.
    locks.push(await lockDirectory(blocks));
    await checkDiskSpace(directory);
    await checkDiskSpace(blocks);
  } catch (error) {
    release();
    throw error;
  }
  return { base, chain: directory, blocks, release };
}

/**
 * @throws NodeError `disk-full` if less than 50 MiB would be left
 */
export async function checkDiskSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < MIN_DISK_SPACE) {
    throw new NodeError('disk-full', `Disk space is low for "${directory}"`);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function makeDirectory(path: string): void {
  try {
    makeWithParents(path);
  } catch (error) {
    throw new NodeError('data-directory', `Cannot create directory ${path}: ${systemErrorText(error)}`, {
      cause: error,
    });
  }
}

/** Not `recursive`: on a read-only disk Node.js then says that something does not exist. */
function makeWithParents(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeWithParents(dirname(path));
    mkdirSync(path);
  }
}
