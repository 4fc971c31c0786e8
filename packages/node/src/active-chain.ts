import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';

/** Set for a block whose data is stored. */
const STORED = 1;
/** Set for a stored block all of whose ancestors are stored too. */
const COMPLETE = 2;

/** How the active chain moved. */
export interface ChainUpdate {
  /** The last block that both the old and the new chain have. */
  readonly fork: HeaderEntry;
  /** Blocks that were in the chain and no longer are, highest first. */
  readonly disconnected: readonly HeaderEntry[];
  /** Blocks that are in the chain and were not, lowest first. */
  readonly connected: readonly HeaderEntry[];
}

/**
 * Which blocks are stored, and the chain that they make: of all chains stored without a gap, the
 * one with the most work, and of equals the one that was complete first.
 *
 * It implements the `BlockStatus` port of `@btcp2p/sync`. Blocks are checked before they get here.
 */
export class ActiveChain {
  readonly #headers: HeaderTree;
  readonly #anchorHeight: number;
  #flags: Uint8Array;
  /** Stored blocks that wait for their parent to be complete, by parent. */
  readonly #waiting = new Map<HeaderEntry, HeaderEntry[]>();
  /** The chain by height, from the anchor's. */
  readonly #entries: HeaderEntry[];
  #tip: HeaderEntry;

  /** The block that the tree starts at counts as stored. */
  constructor(headers: HeaderTree) {
    const { anchor } = headers;
    this.#headers = headers;
    this.#anchorHeight = headers.height(anchor);
    this.#flags = new Uint8Array(Math.max(1_024, headers.size));
    this.#flags[anchor] = STORED | COMPLETE;
    this.#entries = [anchor];
    this.#tip = anchor;
  }

  /** The last block of the chain. */
  tip(): HeaderEntry {
    return this.#tip;
  }

  /** Its height. */
  get height(): number {
    return this.#anchorHeight + this.#entries.length - 1;
  }

  /** Whether a block's data is stored. */
  hasBlock(entry: HeaderEntry): boolean {
    return (this.#flags[entry] ?? 0) !== 0;
  }

  /** Whether a block is part of the chain. */
  contains(entry: HeaderEntry): boolean {
    return this.at(this.#headers.height(entry)) === entry;
  }

  /** The chain's block at a height. */
  at(height: number): HeaderEntry | undefined {
    return this.#entries[height - this.#anchorHeight];
  }

  /** The last block that the chain shares with a locator (Core `FindForkInGlobalIndex`). */
  findFork(locator: readonly Uint8Array[]): HeaderEntry {
    return this.#headers.findFork(locator, this.#tip);
  }

  /** Takes note that a block is stored. Returns how the chain moved, if it did. */
  stored(entry: HeaderEntry): ChainUpdate | undefined {
    if (this.hasBlock(entry)) return undefined;
    this.#setFlag(entry, STORED);
    const parent = this.#headers.parent(entry);
    if (parent === undefined) return undefined;
    if (((this.#flags[parent] ?? 0) & COMPLETE) === 0) {
      const siblings = this.#waiting.get(parent);
      if (siblings === undefined) this.#waiting.set(parent, [entry]);
      else siblings.push(entry);
      return undefined;
    }
    const best = this.#complete(entry);
    return best === this.#tip ? undefined : this.#moveTo(best);
  }

  /** Marks a block and what waited for it as complete; returns the best block there is now. */
  #complete(first: HeaderEntry): HeaderEntry {
    let best = this.#tip;
    const queue = [first];
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      this.#setFlag(entry, STORED | COMPLETE);
      if (this.#headers.compareWork(entry, best) > 0) best = entry;
      const children = this.#waiting.get(entry);
      if (children === undefined) continue;
      this.#waiting.delete(entry);
      queue.push(...children.toReversed());
    }
    return best;
  }

  #moveTo(tip: HeaderEntry): ChainUpdate {
    const connected: HeaderEntry[] = [];
    let fork = tip;
    while (!this.contains(fork)) {
      connected.push(fork);
      fork = this.#headers.parent(fork)!;
    }
    connected.reverse();
    const kept = this.#headers.height(fork) - this.#anchorHeight + 1;
    const disconnected = this.#entries.splice(kept).toReversed();
    for (const entry of connected) this.#entries.push(entry);
    this.#tip = tip;
    return { fork, disconnected, connected };
  }

  #setFlag(entry: HeaderEntry, flag: number): void {
    if (entry >= this.#flags.length) {
      const grown = new Uint8Array(Math.max(entry + 1, this.#flags.length * 2));
      grown.set(this.#flags);
      this.#flags = grown;
    }
    this.#flags[entry] = flag;
  }
}
