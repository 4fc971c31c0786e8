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
}
