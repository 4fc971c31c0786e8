import type { HeaderEntry } from '@btcp2p/consensus';
import type { BlockIndex } from './block-index.ts';

/**
 * Blocks that could be the tip: whose chain is complete, and not worse than the active one (Core
 * `setBlockIndexCandidates`, validation.h). There are rarely more than a few, so that they are simply
 * all looked at.
 */
export class ChainCandidates {
  readonly #blocks: BlockIndex;
  readonly #entries = new Set<HeaderEntry>();

  constructor(blocks: BlockIndex) {
    this.#blocks = blocks;
  }

  add(entry: HeaderEntry): void {
    this.#entries.add(entry);
  }

  clear(): void {
    this.#entries.clear();
  }

  removeIf(predicate: (entry: HeaderEntry) => boolean): void {
    for (const entry of this.#entries) if (predicate(entry)) this.#entries.delete(entry);
  }

  /** The best that can be used; those better than it that cannot are dropped. */
  best(isUsable: (entry: HeaderEntry) => boolean): HeaderEntry | undefined {
    for (;;) {
      let best: HeaderEntry | undefined;
      for (const entry of this.#entries) {
        if (best === undefined || this.#blocks.compare(entry, best) > 0) best = entry;
      }
      if (best === undefined || isUsable(best)) return best;
      this.#entries.delete(best);
    }
  }

  /** Drops all that are worse than the tip. */
  prune(tip: HeaderEntry | undefined): void {
    if (tip !== undefined) this.removeIf((entry) => this.#blocks.compare(entry, tip) < 0);
  }
}
