import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';

/**
 * Headers fetched at once. Our choice: what Core's `FindNextBlocks` (net_processing.cpp) fetches,
 * since finding an ancestor costs about as much as walking back over a hundred headers.
 */
const STRIDE = 128;

/**
 * Walks a chain upwards, towards its last header, though the tree knows only parents: fetches 128
 * headers at a time, and keeps them while they lie on the chain that is asked for.
 */
export class ChainPath {
  readonly #headers: HeaderTree;
  readonly #entries: HeaderEntry[] = [];
  /** Height of the first entry. */
  #base = 0;
  /** The chain that the entries were last known to lie on. */
  #last: HeaderEntry | undefined;

  constructor(headers: HeaderTree) {
    this.#headers = headers;
  }

  /**
   * The header of a height on the chain that ends in `last`.
   *
   * @param height at most that of `last`
   */
  at(last: HeaderEntry, height: number): HeaderEntry {
    if (last !== this.#last) this.#turnTo(last);
    const index = height - this.#base;
    const entry = this.#entries[index];
    if (index >= 0 && entry !== undefined) return entry;
    this.#fetch(last, height);
    return this.#entries[0]!;
  }

  /** Keeps the entries if the other chain contains them: most often it is a longer one. */
  #turnTo(last: HeaderEntry): void {
    const highest = this.#entries.at(-1);
    if (highest !== undefined && !this.#headers.isAncestor(highest, last)) this.#entries.length = 0;
    this.#last = last;
  }

  #fetch(last: HeaderEntry, height: number): void {
    const end = Math.min(height + STRIDE - 1, this.#headers.height(last));
    const count = end - height + 1;
    let entry: HeaderEntry | undefined = this.#headers.ancestor(last, end);
    this.#entries.length = count;
    for (let i = count - 1; i >= 0; i--) {
      this.#entries[i] = entry!;
      if (i > 0) entry = this.#headers.parent(entry!);
    }
    this.#base = height;
  }
}
