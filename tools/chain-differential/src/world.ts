import { equalHashes, toHex, type OutPoint, type Transaction } from '@btcp2p/wire';
import type { Lock } from './lock.ts';

/** An output, and how it is spent. */
export interface Coin {
  readonly outPoint: OutPoint;
  readonly value: bigint;
  readonly lock: Lock;
  /** Of the block that made it. */
  readonly height: number;
  readonly isCoinbase: boolean;
  /** Median time past of the parent of that block. */
  readonly time: number;
}

/** A block that was made, whatever anybody thinks of it. */
export interface Made {
  readonly hash: Uint8Array;
  readonly parent: Made | undefined;
  readonly height: number;
  /** Unix seconds. */
  readonly time: number;
  /** All of it; undefined for the first block, which nobody hands in. */
  readonly bytes: Uint8Array | undefined;
  readonly coinbase: Transaction | undefined;
  readonly created: readonly Coin[];
  /** Names of coins. */
  readonly spent: readonly string[];
  /** What was done to it, for the one who reads a failure. */
  readonly label: string;
}

/** What a coin is called in sets. */
export function nameOf({ txid, index }: OutPoint): string {
  return `${toHex(txid)}:${index}`;
}

/** A block's ancestor, itself included. */
export function ancestor(block: Made, height: number): Made {
  let at = block;
  while (at.height > height && at.parent !== undefined) at = at.parent;
  return at;
}

/**
 * The median of the times of a block and the ten before it, in Unix seconds (BIP 113, Core
 * `GetMedianTimePast`): the time of the next block has to be greater. Where fewer blocks are there,
 * it is of those, and of an even number the upper one of the two in the middle.
 */
export function medianTimePast(block: Made): number {
  const times: number[] = [];
  for (let at: Made | undefined = block; at !== undefined && times.length < 11; at = at.parent) {
    times.push(at.time);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

/** All blocks that were made, and those who last looked for coins. */
export class World {
  readonly blocks: Made[] = [];
  readonly #byHash = new Map<string, Made>();

  constructor(genesis: Made) {
    this.add(genesis);
  }

  add(block: Made): void {
    this.blocks.push(block);
    this.#byHash.set(toHex(block.hash), block);
  }

  find(hash: Uint8Array): Made | undefined {
    return this.#byHash.get(toHex(hash));
  }

  /** The coins after a block, as if all up to it were valid. */
  coinsAt(block: Made): Map<string, Coin> {
    const chain: Made[] = [];
    for (let at: Made | undefined = block; at !== undefined; at = at.parent) chain.push(at);
    const coins = new Map<string, Coin>();
    for (const { created, spent } of chain.toReversed()) {
      for (const coin of created) coins.set(nameOf(coin.outPoint), coin);
      for (const name of spent) coins.delete(name);
    }
    return coins;
  }

  /** The last blocks that were made, newest first. */
  recent(count: number): readonly Made[] {
    return this.blocks.slice(-count).toReversed();
  }

  /** The block on the chain of `tip` that has the same hash, if any. */
  isOn(chain: Made, block: Made): boolean {
    return equalHashes(ancestor(chain, block.height).hash, block.hash);
  }
}
