import { nobleHashes } from './script-hashes.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/** Core `DEFAULT_SIGNATURE_CACHE_BYTES` (script/sigcache.h): 16 MiB. */
export const DEFAULT_SIGNATURE_CACHE_BYTES = 16 * 1024 * 1024;

/** Bytes of an entry, a SHA-256. */
const ENTRY_SIZE = 32;

/** Entries that compete for the same places. Our choice: with 8, hardly any go while others are free. */
const WAYS = 8;

// What a place holds. What block validation has used up is kept until its place is needed.
const FREE = 0;
const USED = 1;
const DISPOSABLE = 2;

/** What a {@link SignatureCache} is made with. */
export interface SignatureCacheOptions {
  /** 32 random bytes, which others must not know: who does could fill the places of one signature. */
  readonly salt: Uint8Array;
  /** Memory for entries, of 32 bytes each; {@link DEFAULT_SIGNATURE_CACHE_BYTES} if not given. */
  readonly maxBytes?: number;
  /** SHA-256, in pure JavaScript by default. */
  readonly sha256?: (bytes: Uint8Array) => Uint8Array;
}

/** How a {@link SignatureCache} is used by one {@link SignatureCache.verifier}. */
export interface CachingOptions {
  /**
   * Whether signatures that hold are put in (a mempool's checks). If not (a block's), those that are
   * found become the first to go, since a block's transactions are not seen again.
   */
  readonly store: boolean;
}

/**
 * Signatures that are known to hold, so that a transaction that came through the mempool costs little
 * in its block (Core `SignatureCache`, script/sigcache.h).
 *
 * **Specification.** An entry is the SHA-256 of salt, kind, signed hash, public key and signature, and
 * nothing that does not hold is ever put in. Entries live in a table of fixed size, in sets of 8
 * places; the set is chosen by the entry. A new entry takes a free place of its set, else a disposable
 * one, else one of the others, chosen by its own bits.
 *
 * **Rationale.** The salt makes sets and victims unpredictable, so that nobody can drive a certain
 * signature out. Core's cuckoo table fills somewhat better, but moves entries about; what is lost here
 * is checked again, no more.
 */
export class SignatureCache {
  readonly #sha256: (bytes: Uint8Array) => Uint8Array;
  readonly #salt: Uint8Array;
  readonly #entries: Uint8Array;
  readonly #states: Uint8Array;
  readonly #sets: number;
  #size = 0;

  /** @throws RangeError if the salt has not 32 bytes, or `maxBytes` is less than one set, 256 */
  constructor(options: SignatureCacheOptions) {
    const { salt, maxBytes = DEFAULT_SIGNATURE_CACHE_BYTES, sha256 = nobleHashes.sha256 } = options;
    if (salt.length !== 32) throw new RangeError(`a salt has 32 bytes, not ${salt.length}`);
    this.#sets = Math.floor(maxBytes / (ENTRY_SIZE * WAYS));
    if (!(this.#sets >= 1)) throw new RangeError(`${maxBytes} bytes are too few for a cache`);
    this.#sha256 = sha256;
    this.#salt = salt.slice();
    this.#entries = new Uint8Array(this.#sets * WAYS * ENTRY_SIZE);
    this.#states = new Uint8Array(this.#sets * WAYS);
  }

  /** How many entries there are, disposable ones included. */
  get size(): number {
    return this.#size;
  }

  /** How many there can be. */
  get capacity(): number {
    return this.#sets * WAYS;
  }

  /** A verifier that asks this cache first, and another one for what is not in it. */
  verifier(verifier: SignatureVerifier, { store }: CachingOptions): SignatureVerifier {
    return {
      verifyEcdsa: (signature, hash, publicKey) => {
        const entry = this.#entryOf(0x45, signature, hash, publicKey);
        return this.#has(entry, store) ||
          (verifier.verifyEcdsa(signature, hash, publicKey) && this.#put(entry, store));
      },
      verifySchnorr: (signature, message, publicKey) => {
        const entry = this.#entryOf(0x53, signature, message, publicKey);
        return this.#has(entry, store) ||
          (verifier.verifySchnorr(signature, message, publicKey) && this.#put(entry, store));
      },
      checkTapTweak: (...args) => verifier.checkTapTweak(...args),
    };
  }

  /** The kind, E for ECDSA or S for Schnorr, fills a block of SHA-256 up, so that no two kinds collide. */
  #entryOf(
    kind: number, signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array,
  ): Uint8Array {
    const message = new Uint8Array(64 + hash.length + publicKey.length + signature.length);
    message.set(this.#salt, 0);
    message[32] = kind;
    message.set(hash, 64);
    message.set(publicKey, 64 + hash.length);
    message.set(signature, 64 + hash.length + publicKey.length);
    return this.#sha256(message);
  }

  /** The first place of the set that an entry belongs to. */
  #setOf(entry: Uint8Array): number {
    const high = (entry[0]! | (entry[1]! << 8) | (entry[2]! << 16) | (entry[3]! << 24)) >>> 0;
    return Math.floor((high / 0x1_0000_0000) * this.#sets) * WAYS;
  }

  #has(entry: Uint8Array, keep: boolean): boolean {
    const first = this.#setOf(entry);
    for (let place = first; place < first + WAYS; place++) {
      if (this.#states[place] === FREE || !this.#holds(place, entry)) continue;
      this.#states[place] = keep ? USED : DISPOSABLE;
      return true;
    }
    return false;
  }

  #holds(place: number, entry: Uint8Array): boolean {
    const start = place * ENTRY_SIZE;
    for (let i = 0; i < ENTRY_SIZE; i++) if (this.#entries[start + i] !== entry[i]) return false;
    return true;
  }

  /** Puts an entry in if that is wanted. Always true, being the answer of a signature that holds. */
  #put(entry: Uint8Array, store: boolean): true {
    if (!store) return true;
    const first = this.#setOf(entry);
    let victim = first + (entry[4]! % WAYS);
    for (let place = first; place < first + WAYS; place++) {
      if (this.#states[place] === FREE) {
        victim = place;
        break;
      }
      if (this.#states[place] === DISPOSABLE) victim = place;
    }
    if (this.#states[victim] === FREE) this.#size++;
    this.#states[victim] = USED;
    this.#entries.set(entry, victim * ENTRY_SIZE);
    return true;
  }
}
