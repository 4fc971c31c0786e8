import {
  closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { toHex } from '@btcp2p/wire';
import { NodeError, systemErrorCode } from '../../node-error.ts';
import { KEY_SIZE } from '../obfuscation.ts';

/** Core's name of the file that holds the key. */
const KEY_FILE = 'xor.dat';

/**
 * The key of a directory of block files, from its `xor.dat`. A directory that has none gets one:
 * random if it is new, that is, has only hidden files, and `useXor`; else zeros, since what is there
 * was written plainly (Core `InitBlocksdirXorKey`, node/blockstorage.cpp). So this comes before
 * anything else that is put into the directory, a database among it.
 *
 * @param useXor `-blocksxor`
 * @throws NodeError `option` if files are to be plain and are not; `corrupt`
 */
export function blocksXorKey(directory: string, useXor: boolean): Uint8Array {
  const path = join(directory, KEY_FILE);
  let key = readKey(path);
  if (key === undefined) {
    key = useXor && isNew(directory) ? randomKey() : new Uint8Array(KEY_SIZE);
    writeKey(path, key);
  }
  if (!useXor && key.some((byte) => byte !== 0)) {
    throw new NodeError(
      'option',
      'The blocksdir XOR-key can not be disabled when a random key was already stored! ' +
        `Stored key: '${toHex(key)}', stored path: '${path}'.`,
    );
  }
  return key;
}

/**
 * The key of a file that somebody wants to load (`-loadblock`): if it is called as block files are,
 * that of the `xor.dat` beside it; else zeros, which hide nothing.
 *
 * @throws NodeError `corrupt`
 */
export function externalXorKey(path: string): Uint8Array {
  const isBlockFile = /^blk\d{5,}\.dat$/.test(basename(path));
  return (isBlockFile && readKey(join(dirname(path), KEY_FILE))) || new Uint8Array(KEY_SIZE);
}

function readKey(path: string): Uint8Array | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (bytes.length < KEY_SIZE) {
    const detail = `has ${bytes.length} bytes instead of ${KEY_SIZE}`;
    throw new NodeError('corrupt', `The key file ${path} ${detail}.`);
  }
  return Uint8Array.from(bytes.subarray(0, KEY_SIZE));
}

function isNew(directory: string): boolean {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.every((entry) => entry.isFile() && entry.name.startsWith('.'));
}

function randomKey(): Uint8Array {
  return Uint8Array.from(randomBytes(KEY_SIZE));
}

/** All of it or nothing, and lasting: without its key a directory is lost. */
function writeKey(path: string, key: Uint8Array): void {
  // Hidden, because a directory is judged by the files that are not.
  const temporary = join(dirname(path), `.${KEY_FILE}`);
  writeFileSync(temporary, key, { flush: true });
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Makes the names of files in a directory last. */
export function syncDirectory(directory: string): void {
  // Windows has no such thing: names last there.
  if (process.platform === 'win32') return;
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
