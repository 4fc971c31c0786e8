import { BLOCK_HEADER_SIZE, BlockView, DecodeError, toHex, type Sha256d } from '@btcp2p/wire';

/** A block in a file, as a scan finds it. */
export interface FoundBlock {
  readonly file: number;
  readonly position: number;
  /** Bytes of the block. */
  readonly size: number;
  bytes(): Uint8Array;
  /** Says that this is no block, so that the scan goes on right behind its magic. */
  reject(): void;
}

/** What {@link importBlocks} does with what it finds. */
export interface ImportTarget {
  readonly sha256d: Sha256d;
  /** Whether a block with this hash, 32 bytes in wire order, can be the parent of others. */
  isKnown(hash: Uint8Array): boolean;
  /** Takes a block whose parent is known. Returns whether it is good. */
  accept(block: BlockView, at: FoundBlock): boolean;
  /** Reads a block again that was found before. */
  read(at: FoundBlock): Uint8Array;
  /** Asked before each block: whether to stop. */
  interrupted(): boolean;
}

/**
 * Takes blocks from files, in whatever order they are there: one whose parent has not come yet waits
 * for it, as a position and not as bytes (Core `LoadExternalBlockFile`, validation.cpp).
 *
 * @returns how many were taken
 */
export function importBlocks(blocks: Iterable<FoundBlock>, target: ImportTarget): number {
  const { sha256d } = target;
  const waiting = new Map<string, FoundBlock[]>();
  let taken = 0;
  for (const found of blocks) {
    if (target.interrupted()) break;
    const block = decodeBlock(found.bytes());
    if (block === undefined) {
      found.reject();
      continue;
    }
    const { prevBlockHash } = block.header;
    const isFirst = prevBlockHash.every((byte) => byte === 0);
    if (!isFirst && !target.isKnown(prevBlockHash)) {
      const key = toHex(prevBlockHash);
      const others = waiting.get(key);
      if (others === undefined) waiting.set(key, [found]);
      else others.push(found);
      continue;
    }
    if (target.accept(block, found)) taken++;
    // Those that waited for it, those that waited for them, and so on.
    const queue = [block.hash(sha256d)];
    for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
      const key = toHex(hash);
      const children = waiting.get(key) ?? [];
      waiting.delete(key);
      for (const child of children) {
        const bytes = target.read(child);
        if (target.accept(BlockView.of(bytes), child)) taken++;
        queue.push(sha256d(bytes.subarray(0, BLOCK_HEADER_SIZE)));
      }
    }
  }
  return taken;
}

function decodeBlock(bytes: Uint8Array): BlockView | undefined {
  try {
    return BlockView.of(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
