import type { HeaderEntry } from '@btcp2p/consensus';

/**
 * What the owner of a {@link Sync} knows of blocks. Its answers may change only before it calls
 * `blockStored`, `blockInvalid` or `tipChanged`, never while `Sync` runs.
 */
export interface BlockStatus {
  /** Whether the block itself is stored (Core `BLOCK_HAVE_DATA`). */
  hasBlock(entry: HeaderEntry): boolean;
  /** The last block of the validated chain (Core `ActiveChain().Tip()`). */
  tip(): HeaderEntry;
  /** Blocks that are wanted besides, to prove coins that were loaded; undefined for none. */
  background?(): BackgroundBlocks | undefined;
}

/** A part of the validated chain that is still to be connected from its start. */
export interface BackgroundBlocks {
  /** The last block that is connected. */
  readonly tip: HeaderEntry;
  /** The last one that is wanted. */
  readonly target: HeaderEntry;
}
