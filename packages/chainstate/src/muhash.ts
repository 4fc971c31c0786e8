import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, hashToHex, Reader } from '@btcp2p/wire';
import { chacha20KeyStream } from './chacha20.ts';

/** Bytes of a number of 3,072 bits. */
const NUMBER_SIZE = 384;
const BITS = 3_072n;
const MASK = (1n << BITS) - 1n;
/** The modulus is 2^3072 less this: the largest safe prime below (Core `MAX_PRIME_DIFF`). */
const PRIME_DIFF = 1_103_717n;
const MODULUS = (1n << BITS) - PRIME_DIFF;

/** SHA-256 of any number of bytes: 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/**
 * A hash of a set to which elements can be added and from which they can be taken, in any order (Core
 * `MuHash3072`, crypto/muhash.h): the product, modulo a prime of 3,072 bits, of a number for each
 * element. What is taken is multiplied into a denominator, and only the end divides.
 */
export class MuHash3072 {
  #numerator = 1n;
  #denominator = 1n;
  readonly #sha256: Sha256;

  /** @param hash a faster SHA-256, if there is one */
  constructor(hash: Sha256 = sha256) {
    this.#sha256 = hash;
  }

  /** The hash that `bytes` say: numerator and denominator, 384 bytes each, least significant first. */
  static parse(bytes: Uint8Array, hash?: Sha256): MuHash3072 {
    const reader = new Reader(bytes);
    const set = new MuHash3072(hash);
    set.#numerator = numberOf(reader.bytes(NUMBER_SIZE));
    set.#denominator = numberOf(reader.bytes(NUMBER_SIZE));
    reader.end();
    return set;
  }

  /** Numerator and denominator, 384 bytes each, least significant first. */
  serialize(): Uint8Array {
    const bytes = new Uint8Array(2 * NUMBER_SIZE);
    bytes.set(bytesOf(this.#numerator));
    bytes.set(bytesOf(this.#denominator), NUMBER_SIZE);
    return bytes;
  }

  /** Adds an element. */
  insert(element: Uint8Array): void {
    this.#numerator = multiply(this.#numerator, this.#numberFor(element));
  }

  /** Takes an element out; it may be added later. */
  remove(element: Uint8Array): void {
    this.#denominator = multiply(this.#denominator, this.#numberFor(element));
  }

  /** Adds all elements of another set. */
  combine(other: MuHash3072): void {
    this.#numerator = multiply(this.#numerator, other.#numerator);
    this.#denominator = multiply(this.#denominator, other.#denominator);
  }

  /** Takes all elements of another set out. */
  subtract(other: MuHash3072): void {
    this.#numerator = multiply(this.#numerator, other.#denominator);
    this.#denominator = multiply(this.#denominator, other.#numerator);
  }

  /** The hash of the set: 32 bytes. The set can go on. */
  digest(): Uint8Array {
    const quotient = multiply(this.#numerator, inverse(this.#denominator)) % MODULUS;
    return this.#sha256(bytesOf(quotient));
  }

  /** The number of an element: ChaCha20's stream, with its SHA-256 as the key. */
  #numberFor(element: Uint8Array): bigint {
    return numberOf(chacha20KeyStream(this.#sha256(element), NUMBER_SIZE));
  }
}

/** The product, below 2^3072 but perhaps not below the modulus. */
function multiply(a: bigint, b: bigint): bigint {
  let product = a * b;
  // 2^3072 is as much as PRIME_DIFF here. The second time carries at most one bit.
  while (product > MASK) product = (product & MASK) + (product >> BITS) * PRIME_DIFF;
  return product;
}

/** Extended Euclid. The modulus is prime, so everything but 0 has an inverse. */
function inverse(value: bigint): bigint {
  let [a, b] = [MODULUS, value % MODULUS];
  let [x, y] = [0n, 1n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + MODULUS : x;
}

function numberOf(bytes: Uint8Array): bigint {
  // Hex of the last byte first, as hashes are written.
  return BigInt(`0x${hashToHex(bytes)}`);
}

function bytesOf(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * NUMBER_SIZE, '0')).toReversed();
}
