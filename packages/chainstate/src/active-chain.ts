import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';

/** The chain of connected blocks, by height (Core `CChain`, chain.h). */
export class ActiveChain {
  readonly #headers: HeaderTree;
  readonly #entries: HeaderEntry[] = [];

  constructor(headers: HeaderTree) {
    this.#headers = headers;
  }

  /** The last block; undefined before the genesis block is connected. */
  get tip(): HeaderEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Of the last block; -1 before the genesis block is connected. */
  get height(): number {
    return this.#entries.length - 1;
  }

  /** The block at a height. */
  at(height: number): HeaderEntry | undefined {
    return this.#entries[height];
  }

  contains(entry: HeaderEntry): boolean {
    return this.#entries[this.#headers.height(entry)] === entry;
  }

  /** The last block that it shares with the chain of another one (Core `FindFork`). */
  findFork(entry: HeaderEntry): HeaderEntry | undefined {
    const { tip } = this;
    return tip === undefined ? undefined : this.#headers.lastCommonAncestor(tip, entry);
  }

  /** Makes it the chain that ends with a block; undefined empties it. */
  setTip(tip: HeaderEntry | undefined): void {
    if (tip === undefined) {
      this.#entries.length = 0;
      return;
    }
    const height = this.#headers.height(tip);
    this.#entries.length = Math.min(this.#entries.length, height + 1);
    const missing: HeaderEntry[] = [];
    for (
      let at: HeaderEntry | undefined = tip;
      at !== undefined && this.#entries[this.#headers.height(at)] !== at;
      at = this.#headers.parent(at)
    ) {
      missing.push(at);
    }
    this.#entries.length = height + 1 - missing.length;
    while (missing.length > 0) this.#entries.push(missing.pop()!);
  }

  *[Symbol.iterator](): Generator<HeaderEntry, void, undefined> {
    yield* this.#entries;
  }
}
