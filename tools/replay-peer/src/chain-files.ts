import { readFileSync } from 'node:fs';
import { toHex, type Network } from '@btcp2p/wire';

/** The 80-byte headers of files in which they stand back to back, one file after the other. */
export function readHeaderFiles(paths: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(paths.map((path) => readFileSync(path))));
}

/**
 * The blocks of files in the framing of Core's blk00000.dat (magic 4 bytes, size 4 bytes
 * little-endian, block), in the order of the files. Zeros after the last block are passed over:
 * Core makes its files larger than what is in them.
 *
 * @throws Error if there is anything else in a file
 */
export function readBlockFiles(paths: readonly string[], network: Network): Uint8Array[] {
  return paths.flatMap((path) => {
    const buffer = readFileSync(path);
    try {
      return splitBlocks(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length), network);
    } catch (cause) {
      throw new Error(`${path}: ${(cause as Error).message}`, { cause });
    }
  });
}

function splitBlocks(bytes: Uint8Array, network: Network): Uint8Array[] {
  const magic = new DataView(network.magic.buffer, network.magic.byteOffset).getUint32(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 <= bytes.length ? at + 8 + view.getUint32(at + 4, true) : Infinity;
    if (end !== Infinity && view.getUint32(at) === magic && end <= bytes.length) {
      blocks.push(bytes.subarray(at + 8, end));
      at = end;
    } else if (bytes.subarray(at).every((byte) => byte === 0)) {
      break;
    } else {
      const found = toHex(bytes.subarray(at, at + 8));
      throw new Error(`no block of ${network.chain} at ${at}: ${found}`);
    }
  }
  return blocks;
}
