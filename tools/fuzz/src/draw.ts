import { SeededRng } from '@btcp2p/machine';

/** What a case draws of its seed. Nothing else decides what it does. */
export class Draw {
  readonly #rng: SeededRng;

  /** @param seed 64 bits */
  constructor(seed: bigint) {
    this.#rng = new SeededRng(seed);
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.#rng.below(limit);
  }

  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + this.#rng.below(max - min + 1);
  }

  /** 64 random bits. */
  u64(): bigint {
    return this.#rng.u64();
  }

  /** Random bytes, in a fresh array. */
  bytes(length: number): Uint8Array {
    return this.#rng.bytes(length);
  }

  /** Yes, once in `times`. */
  oneIn(times: number): boolean {
    return this.#rng.below(times) === 0;
  }

  /** One of several, each as likely as the other. */
  pick<T>(items: readonly T[]): T {
    return items[this.#rng.below(items.length)]!;
  }

  /** One of several, by how often each is to come. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.#rng.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [item, weight] of entries) {
      if (left < weight) return item;
      left -= weight;
    }
    throw new Error('no weights');
  }

  /** A size from 0 to `max`: an edge that is near, or anything, small ones more often. */
  size(max: number, edges: readonly number[] = []): number {
    if (edges.length > 0 && this.oneIn(3)) return Math.min(this.pick(edges), max);
    const bits = this.below(Math.floor(Math.log2(max + 1)) + 1);
    return Math.min(this.below(2 ** (bits + 1)), max);
  }

  /** A list of 0 to `max` things. */
  list<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, make);
  }

  /** A stream of its own, so that what one part draws does not shift what others draw. */
  fork(label: string): Draw {
    return new Draw(this.#rng.fork(label).u64());
  }
}
