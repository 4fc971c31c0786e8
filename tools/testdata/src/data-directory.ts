import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the repository: three folders up, from `src` (under jest) and from `dist` alike. */
const repositoryRoot = resolve(import.meta.dirname, '../../..');

/**
 * Where the data is looked for, whether or not it is there: `BTCP2P_DATA` (a relative path counts
 * from the repository root, since npm runs scripts in each package's own folder), or else
 * `../shared/data` from the repository root.
 */
export function expectedDataDirectory(): string {
  return resolve(repositoryRoot, process.env['BTCP2P_DATA'] || '../shared/data');
}

/** The directory of the real data, absolute; undefined if there is none. */
export function dataDirectory(): string | undefined {
  const directory = expectedDataDirectory();
  return isDirectory(directory) ? directory : undefined;
}

/** Whether there is real data: the whole collection, or the given file of it. */
export function hasData(relative = '.'): boolean {
  const directory = dataDirectory();
  return directory !== undefined && existsSync(join(directory, relative));
}

/** The absolute path of a file or folder of the collection. Throws if there is no data. */
export function dataPath(relative: string): string {
  const directory = dataDirectory();
  if (directory === undefined) {
    throw new Error(`no data at ${expectedDataDirectory()} (set BTCP2P_DATA)`);
  }
  return join(directory, relative);
}

/** The bytes of one file of the collection. Throws if it is not there. */
export function dataFile(relative: string): Uint8Array {
  const buffer = readFileSync(dataPath(relative));
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** The text (UTF-8) of one file of the collection. Throws if it is not there. */
export function dataText(relative: string): string {
  return readFileSync(dataPath(relative), 'utf8');
}

/**
 * The path of a `bitcoind` to test against: what `BITCOIND` names (a relative path counts from the
 * repository root); undefined if the variable is unset or names no file.
 */
export function bitcoind(): string | undefined {
  const named = process.env['BITCOIND'];
  if (!named) return undefined;
  const path = resolve(repositoryRoot, named);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
