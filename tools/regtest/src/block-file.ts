import { closeSync, openSync, writeSync } from 'node:fs';
import type { Network } from '@btcp2p/wire';

/**
 * Writes blocks in the framing of Core's blk00000.dat, which bitcoind's `-loadblock` reads: magic,
 * size, block.
 */
export function writeBlockFile(file: string, { magic }: Network, blocks: Iterable<Uint8Array>): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const block of blocks) {
      const size = new Uint8Array(4);
      new DataView(size.buffer).setUint32(0, block.length, true);
      writeSync(descriptor, Buffer.concat([magic, size, block]));
    }
  } finally {
    closeSync(descriptor);
  }
}
