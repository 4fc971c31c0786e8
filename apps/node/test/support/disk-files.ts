import { join } from 'node:path';
import { regtest } from '@btcp2p/wire';
import {
  DiskBlockFiles, type DiskBlockFilesOptions,
} from '../../src/storage/files/disk-block-files.ts';
import { scanBlocks } from '../../src/storage/files/scan-blocks.ts';

export const { magic } = regtest;

/** A key that hides. */
export const KEY = Uint8Array.of(1, 2, 3, 0, 0xff, 0x80, 7, 0x55);

/** Zeros, which hide nothing. */
export const PLAIN = new Uint8Array(8);

/** Opens a directory of block files; by default as if its index were new. */
export function openFiles(
  directory: string,
  options: Partial<DiskBlockFilesOptions> = {},
): DiskBlockFiles {
  return new DiskBlockFiles({ directory, magic, key: KEY, infos: new Map(), ...options });
}

export const blkPath = (directory: string, file = 0): string =>
  join(directory, `blk${String(file).padStart(5, '0')}.dat`);
export const revPath = (directory: string, file = 0): string =>
  join(directory, `rev${String(file).padStart(5, '0')}.dat`);

/** All that may be a block in a file or directory, in order. */
export function scanAll(path: string, key: Uint8Array = KEY): Uint8Array[] {
  return Array.from(scanBlocks(path, key, magic), (block) => block.bytes());
}

/** Exclusive-ors bytes in place with a key that repeats from the start: the plainest way. */
export function hide(bytes: Uint8Array, key: Uint8Array, from = 0): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[(from + i) % key.length]!;
  return bytes;
}

/** Bytes as a record. */
export function record(data: Uint8Array, trailer: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(8 + data.length + trailer.length);
  bytes.set(magic);
  new DataView(bytes.buffer).setUint32(4, data.length, true);
  bytes.set(data, 8);
  bytes.set(trailer, 8 + data.length);
  return bytes;
}
