/**
 * A source of randomness, given to a machine so that a seed decides everything it does.
 *
 * What needs secrecy (keys, nonces against eclipse attacks) needs a driver that passes a
 * cryptographic source, as `@btcp2p/reactor` does; {@link SeededRng} is for simulation and tests.
 */
export interface Rng {
  /** `length` uniformly random bytes, in a fresh array. */
  bytes(length: number): Uint8Array;
  /** A uniformly random integer in [0, 2^64). */
  u64(): bigint;
  /** A uniformly random integer in [0, limit). `limit` is a whole number in [1, 2^53]. */
  below(limit: number): number;
  /**
   * An independent stream, so that one component's draws never shift another's. In a seeded
   * source it depends on the seed and the label alone, not on what was drawn before: the same label
   * gives the same stream, so a label must name the component *and* its instance (`peer/17`).
   */
  fork(label: string): Rng;
}

const TWO_32 = 2 ** 32;

/**
 * A fast seeded generator: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), whose state is filled from the seed by SplitMix64. Not cryptographic.
 */
export class SeededRng implements Rng {
  readonly #seed: bigint;
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  /** @param seed 64 bits; a wider number is cut to its low 64. */
  constructor(seed: bigint) {
    this.#seed = BigInt.asUintN(64, seed);
    const first = splitMix64(this.#seed, 1n);
    const second = splitMix64(this.#seed, 2n);
    this.#s0 = Number(first >> 32n) | 0;
    this.#s1 = Number(first & 0xffffffffn) | 0;
    this.#s2 = Number(second >> 32n) | 0;
    this.#s3 = Number(second & 0xffffffffn) | 0;
    // All-zero is the one state that xoshiro never leaves.
    if ((this.#s0 | this.#s1 | this.#s2 | this.#s3) === 0) this.#s0 = 1;
  }

  /** The next 32 bits. */
  u32(): number {
    const product = Math.imul(this.#s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const t = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= t;
    this.#s3 = (this.#s3 << 11) | (this.#s3 >>> 21);
    return result >>> 0;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  below(limit: number): number {
    if (!Number.isSafeInteger(limit) ? limit !== 2 ** 53 : limit < 1) {
      throw new RangeError(`limit must be a whole number from 1 to 2^53, got ${limit}`);
    }
    // Draws in the last, incomplete multiple of the limit are thrown away, or low results would
    // be likelier than high ones.
    if (limit <= TWO_32) {
      const end = TWO_32 - (TWO_32 % limit);
      for (;;) {
        const draw = this.u32();
        if (draw < end) return draw % limit;
      }
    }
    const range = 2 ** 53;
    const end = range - (range % limit);
    for (;;) {
      const draw = (this.u32() >>> 11) * TWO_32 + this.u32();
      if (draw < end) return draw % limit;
    }
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const word = this.u32();
      out[i] = word;
      out[i + 1] = word >>> 8;
      out[i + 2] = word >>> 16;
      out[i + 3] = word >>> 24;
    }
    if (i < length) {
      for (let word = this.u32(); i < length; i++, word >>>= 8) out[i] = word;
    }
    return out;
  }

  fork(label: string): SeededRng {
    // FNV-1a, 64 bits, over the label's UTF-16 units, started from the (mixed) seed.
    let hash = 0xcbf29ce484222325n ^ splitMix64(this.#seed, 3n);
    for (let i = 0; i < label.length; i++) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(label.charCodeAt(i))) * 0x100000001b3n);
    }
    return new SeededRng(splitMix64(hash, 1n));
  }
}

/** The `step`-th output of SplitMix64 (Steele, Lea and Flood 2014) started at `seed`. */
function splitMix64(seed: bigint, step: bigint): bigint {
  let z = BigInt.asUintN(64, seed + step * 0x9e3779b97f4a7c15n);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
