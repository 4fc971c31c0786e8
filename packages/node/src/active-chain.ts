import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { BackgroundBlocks } from '@btcp2p/sync';
import type { ChainEvent } from './chain-port.ts';

/** What the chain is when a node starts. */
export interface ChainState {
  /** The last block of the chain. */
  readonly tip: HeaderEntry;
  /** All blocks that are stored, in any order. */
  readonly stored: Iterable<HeaderEntry>;
  /** Blocks that are wanted to prove coins that were loaded. */
  readonly background?: BackgroundBlocks;
}

/**
 * Which blocks are stored, and which of them are the chain: a mirror of what is kept elsewhere, by
 * what is told of it. It implements the `BlockStatus` port of `@btcp2p/sync`.
 */
export class ActiveChain {
  readonly #headers: HeaderTree;
  readonly #anchorHeight: number;
  #stored: Uint8Array;
  /** The chain by height, from the anchor's. */
  #entries: HeaderEntry[];
  #background: BackgroundBlocks | undefined;

  /** The block that the tree starts at counts as stored. */
  constructor(headers: HeaderTree, state: ChainState = { tip: headers.anchor, stored: [] }) {
    const { anchor } = headers;
    this.#headers = headers;
    this.#anchorHeight = headers.height(anchor);
    this.#stored = new Uint8Array(Math.max(1_024, headers.size));
    this.#stored[anchor] = 1;
    for (const entry of state.stored) this.#setStored(entry, 1);
    this.#entries = chainTo(headers, state.tip);
    if (state.background !== undefined) this.#setBackground(state.background);
  }

  /** Blocks that are wanted to prove coins that were loaded; undefined if there are none to prove. */
  background(): BackgroundBlocks | undefined {
    return this.#background;
  }

  /** The last block of the chain. */
  tip(): HeaderEntry {
    return this.#entries.at(-1)!;
  }

  /** Its height. */
  get height(): number {
    return this.#anchorHeight + this.#entries.length - 1;
  }

  /** Whether a block's data is stored. */
  hasBlock(entry: HeaderEntry): boolean {
    return this.#stored[entry] === 1;
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
    return this.#headers.findFork(locator, this.tip());
  }

  /** @throws Error if what is told cannot be: a bug of who tells it */
  apply(event: ChainEvent): void {
    switch (event.type) {
      case 'stored':
        this.#setStored(event.entry, 1);
        break;
      case 'pruned':
        for (const entry of event.entries) this.#setStored(entry, 0);
        break;
      case 'snapshot':
        this.#entries = chainTo(this.#headers, event.tip);
        this.#setBackground({ tip: event.background, target: event.tip });
        break;
      case 'background':
        if (this.#background === undefined) break;
        this.#setBackground({ ...this.#background, tip: event.tip });
        break;
      case 'connected':
        if (event.entry === this.#headers.anchor && this.#entries.length === 1) break;
        if (this.#headers.parent(event.entry) !== this.tip()) throw new Error('not the next block');
        this.#entries.push(event.entry);
        break;
      case 'disconnected':
        if (event.entry !== this.tip()) throw new Error('not the last block');
        this.#entries.pop();
        break;
      default:
        break;
    }
  }

  #setBackground(background: BackgroundBlocks): void {
    this.#background = background.tip === background.target ? undefined : background;
  }

  #setStored(entry: HeaderEntry, value: 0 | 1): void {
    if (entry >= this.#stored.length) {
      const grown = new Uint8Array(Math.max(entry + 1, this.#stored.length * 2));
      grown.set(this.#stored);
      this.#stored = grown;
    }
    this.#stored[entry] = value;
  }
}

/** All headers from the first to one of them. */
function chainTo(headers: HeaderTree, tip: HeaderEntry): HeaderEntry[] {
  const entries: HeaderEntry[] = [];
  for (let at: HeaderEntry | undefined = tip; at !== undefined; at = headers.parent(at)) {
    entries.push(at);
  }
  return entries.toReversed();
}
