import { BlockView, DecodeError, toHex, type Sha256d } from '@btcp2p/wire';

/** A block in a file, as a scan finds it. */
export interface FoundBlock {
  readonly file: number;
  readonly position: number;
  /** Bytes of the block. */
  readonly size: number;
  /** The first 80 of them. */
  header(): Uint8Array;
  bytes(): Uint8Array;
  /** Says that this is no block, so that the scan goes on right behind its magic. */
  reject(): void;
}

/** What {@link importBlocks} does with what it finds. */
export interface ImportTarget {
  readonly sha256d: Sha256d;
  /** Whether a block with this hash, 32 bytes in wire order, is there already. */
  isStored(hash: Uint8Array): boolean;
  /** Whether the header of a block is known. */
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
    const header = found.header();
    const hash = sha256d(header);
    if (!target.isStored(hash)) {
      const prevBlockHash = header.subarray(4, 36);
      const isFirst = prevBlockHash.every((byte) => byte === 0);
      if (!isFirst && !target.isKnown(prevBlockHash)) {
        const key = toHex(prevBlockHash);
        const others = waiting.get(key);
        if (others === undefined) waiting.set(key, [found]);
        else others.push(found);
        continue;
      }
      const block = decodeBlock(found.bytes());
      if (block === undefined) {
        found.reject();
        continue;
      }
      if (target.accept(block, found)) taken++;
    }
    // Those that waited for it, those that waited for them, and so on.
    const queue = [hash];
    for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
      const key = toHex(parent);
      const children = waiting.get(key) ?? [];
      waiting.delete(key);
      for (const child of children) {
        const block = decodeBlock(target.read(child));
        if (block === undefined) continue;
        if (target.accept(block, child)) taken++;
        queue.push(block.hash(sha256d));
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
