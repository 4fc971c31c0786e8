import { sha256 } from '@noble/hashes/sha2.js';

/**
 * SHA-256 applied twice: bytes of any length to 32 bytes, in a fresh array. Any function will do; one
 * that is faster with many messages at once may say so.
 */
export interface Sha256d {
  (bytes: Uint8Array): Uint8Array;
  /** The hashes of many messages, 32 bytes each; they may share memory with one another. */
  readonly many?: (messages: readonly Uint8Array[]) => Uint8Array[];
  /** The hashes of each 64 bytes of a row, one after the other: a level of a merkle tree. */
  readonly pairs?: (row: Uint8Array) => Uint8Array;
}

/** The default {@link Sha256d}, pure JavaScript. On Node.js, `@btcp2p/reactor` has a faster one. */
export const sha256d: Sha256d = (bytes) => sha256(sha256(bytes));
