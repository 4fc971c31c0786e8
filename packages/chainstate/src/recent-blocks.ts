import type { HeaderEntry } from '@btcp2p/consensus';
import type { CheckedBlock } from './block-validator.ts';

/** Bytes of blocks at most. Our choice: a window of small blocks, or some tens of full ones. */
const MAX_BYTES = 32 * 2 ** 20;

/**
 * Blocks that were checked and stored, and will soon be connected, so that they need not be read and
 * checked again. The oldest go first.
 */
export class RecentBlocks {
  readonly #blocks = new Map<HeaderEntry, CheckedBlock>();
  #bytes = 0;

  get(entry: HeaderEntry): CheckedBlock | undefined {
    return this.#blocks.get(entry);
  }

  add(entry: HeaderEntry, checked: CheckedBlock): void {
    this.#blocks.set(entry, checked);
    this.#bytes += checked.block.size;
    for (const [oldest] of this.#blocks) {
      if (this.#bytes <= MAX_BYTES) return;
      this.delete(oldest);
    }
  }

  delete(entry: HeaderEntry): void {
    const checked = this.#blocks.get(entry);
    if (checked === undefined) return;
    this.#blocks.delete(entry);
    this.#bytes -= checked.block.size;
  }
}
