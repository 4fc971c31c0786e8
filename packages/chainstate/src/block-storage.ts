import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import {
  BLOCK_HEADER_SIZE,
  BlockView,
  decode,
  equalHashes,
  hashToHex,
  type Codec,
  type Sha256d,
} from '@btcp2p/wire';
import type { BlockIndex } from './block-index.ts';
import { ChainstateError } from './chainstate-error.ts';
import type { BlockFiles, BlockPosition } from './ports.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import { undoChecksum, type BlockUndo } from './undo.ts';

/** What a {@link BlockStorage} reads from. */
export interface BlockStorageOptions {
  readonly headers: HeaderTree;
  readonly blocks: BlockIndex;
  readonly files: BlockFiles;
  readonly recent: RecentBlocks;
  readonly undoCodec: Codec<BlockUndo>;
  readonly sha256d: Sha256d;
}

/** Stored blocks and what they spent, by header, and checked to be those. */
export class BlockStorage {
  readonly #options: BlockStorageOptions;

  constructor(options: BlockStorageOptions) {
    this.#options = options;
  }

  /**
   * A stored block.
   *
   * @returns undefined if it is not stored
   * @throws ChainstateError if what is stored is not that block
   */
  readBlock(entry: HeaderEntry): BlockView | undefined {
    const { headers, blocks, files, recent, sha256d } = this.#options;
    const kept = recent.get(entry);
    if (kept !== undefined) return kept.block;
    const at = blocks.position(entry);
    if (at === undefined) return undefined;
    const hash = headers.hash(entry);
    return orDamaged(`block ${hashToHex(hash)}`, at, () => {
      const bytes = files.readBlock(at);
      const isSame = equalHashes(sha256d(bytes.subarray(0, BLOCK_HEADER_SIZE)), hash);
      return isSame ? BlockView.of(bytes) : undefined;
    });
  }

  /**
   * What a stored block spent; nothing for the first block.
   *
   * @returns undefined if that is not stored
   * @throws ChainstateError if what is stored is damaged, or not of that block
   */
  readUndo(entry: HeaderEntry): BlockUndo | undefined {
    const { headers, blocks, files, undoCodec, sha256d } = this.#options;
    const parent = headers.parent(entry);
    if (parent === undefined) return { transactions: [] };
    const at = blocks.undoPosition(entry);
    if (at === undefined) return undefined;
    return orDamaged(`undo data of block ${hashToHex(headers.hash(entry))}`, at, () => {
      const { undo, checksum } = files.readUndo(at);
      const expected = undoChecksum(headers.hash(parent), undo, sha256d);
      return equalHashes(checksum, expected) ? decode(undoCodec, undo) : undefined;
    });
  }
}

/** What `read` gives; if that is nothing or it throws, what is stored there is damaged. */
function orDamaged<T>(what: string, at: BlockPosition, read: () => T | undefined): T {
  let cause: unknown;
  try {
    const value = read();
    if (value !== undefined) return value;
  } catch (error) {
    cause = error;
  }
  const where = `file ${at.file} at byte ${at.position}`;
  throw new ChainstateError('corrupt', `${what} is damaged on disk, in ${where}`, { cause });
}
