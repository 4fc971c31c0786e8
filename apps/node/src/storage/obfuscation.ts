import { join } from 'node:path';
import { toHex } from '@btcp2p/wire';
import { NodeError } from '../node-error.ts';
import type { FileSystem } from './file-system.ts';

/** Bytes of the key (Core `Obfuscation::KEY_SIZE`, util/obfuscation.h). */
export const KEY_SIZE = 8;

/**
 * Exclusive-ors bytes in place with the key, which repeats from the start of the file: what hides
 * and what shows is the same. A key of zeros changes nothing.
 *
 * @param position where in the file the bytes stand
 */
export function obfuscate(bytes: Uint8Array, key: Uint8Array, position: number): void {
  if (key.every((byte) => byte === 0)) return;
  if (bytes.length < 2 * KEY_SIZE) {
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[(position + i) % KEY_SIZE]!;
    return;
  }
  // Bytes up to where 32-bit words can be read in place.
  const head = -bytes.byteOffset & 3;
  for (let i = 0; i < head; i++) bytes[i]! ^= key[(position + i) % KEY_SIZE]!;

  const rotated = new Uint8Array(KEY_SIZE);
  for (let i = 0; i < KEY_SIZE; i++) rotated[i] = key[(position + head + i) % KEY_SIZE]!;
  const [even = 0, odd = 0] = new Uint32Array(rotated.buffer);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >>> 2);
  const pairs = words.length & ~1;
  for (let i = 0; i < pairs; i += 2) {
    words[i]! ^= even;
    words[i + 1]! ^= odd;
  }
  if (pairs < words.length) words[pairs]! ^= even;
  for (let i = head + 4 * words.length; i < bytes.length; i++) {
    bytes[i]! ^= key[(position + i) % KEY_SIZE]!;
  }
}

/**
 * The key of a directory of block files, from its `xor.dat`. A directory that has none gets one:
 * random if it is new, that is, has only hidden files; else zeros, since what is there was written
 * plainly (Core `InitBlocksdirXorKey`, node/blockstorage.cpp).
 *
 * @param random 8 fresh random bytes, or undefined if files are to be plain
 * @throws NodeError `option` if they are to be plain and are not; `corrupt`
 */
export async function directoryKey(
  fileSystem: FileSystem,
  directory: string,
  random: Uint8Array | undefined,
): Promise<Uint8Array> {
  const path = join(directory, 'xor.dat');
  let key = await fileSystem.readFile(path);
  if (key === undefined) {
    const names = await fileSystem.list(directory);
    const isNew = names.every((name) => name.startsWith('.'));
    key = isNew && random !== undefined ? random : new Uint8Array(KEY_SIZE);
    await fileSystem.writeFile(path, key);
  }
  if (key.length < KEY_SIZE) {
    throw new NodeError('corrupt', `The key file ${path} has ${key.length} bytes instead of ${KEY_SIZE}.`);
  }
  key = key.slice(0, KEY_SIZE);
  if (random === undefined && key.some((byte) => byte !== 0)) {
    throw new NodeError(
      'option',
      'The blocksdir XOR-key can not be disabled when a random key was already stored! ' +
        `Stored key: '${toHex(key)}', stored path: '${path}'.`,
    );
  }
  return key;
}
