import type { HeaderEntry, VersionBitsChain } from '../src/index.ts';

/** A block as version bits see it. */
export interface ArrayBlock {
  /** Unix seconds. */
  readonly time: number;
  /** Signed 32 bits. */
  readonly version: number;
  /** The number of the block before it; by default the one added before. */
  readonly parent?: number;
}

/** A tree of blocks in an array, walked from parent to parent; the first one has height 0. */
export class ArrayChain implements VersionBitsChain {
  readonly #blocks: ArrayBlock[] = [];
  readonly #heights: number[] = [];
  /** Whether there is but one branch, so that a block's number is its height. */
  #straight = true;

  static of(blocks: readonly ArrayBlock[]): ArrayChain {
    const chain = new ArrayChain();
    for (const block of blocks) chain.add(block);
    return chain;
  }

  get size(): number {
    return this.#blocks.length;
  }

  /** The block added last; undefined for none. */
  get last(): HeaderEntry | undefined {
    return this.size === 0 ? undefined : this.size - 1;
  }

  add(block: ArrayBlock): HeaderEntry {
    const entry = this.#blocks.push(block) - 1;
    const parent = this.parent(entry);
    this.#heights.push(parent === undefined ? 0 : this.#heights[parent]! + 1);
    if (parent !== undefined && parent !== entry - 1) this.#straight = false;
    return entry;
  }

  height(entry: HeaderEntry): number {
    return this.#heights[entry]!;
  }

  parent(entry: HeaderEntry): HeaderEntry | undefined {
    return entry === 0 ? undefined : (this.#blocks[entry]!.parent ?? entry - 1);
  }

  ancestor(entry: HeaderEntry, height: number): HeaderEntry {
    if (!(height >= 0 && height <= this.height(entry))) throw new RangeError(`no ${height}`);
    if (this.#straight) return height;
    let at = entry;
    while (this.height(at) > height) at = this.parent(at)!;
    return at;
  }

  medianTimePast(entry: HeaderEntry): number {
    const times: number[] = [];
    let at: HeaderEntry | undefined = entry;
    for (; at !== undefined && times.length < 11; at = this.parent(at)) {
      times.push(this.#blocks[at]!.time);
    }
    return times.toSorted((a, b) => a - b)[times.length >>> 1]!;
  }

  version(entry: HeaderEntry): number {
    return this.#blocks[entry]!.version;
  }

  /** From the first block to this one. */
  path(entry: HeaderEntry): ArrayBlock[] {
    const path: ArrayBlock[] = [];
    let at: HeaderEntry | undefined = entry;
    for (; at !== undefined; at = this.parent(at)) path.push(this.#blocks[at]!);
    return path.toReversed();
  }
}
