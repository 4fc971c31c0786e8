import { sha256 } from '@noble/hashes/sha2.js';

/** SHA-256 applied twice: bytes of any length to 32 bytes, in a fresh array. */
export type Sha256d = (bytes: Uint8Array) => Uint8Array;

/** The default {@link Sha256d}, pure JavaScript. On Node.js, `@btcp2p/reactor` has a faster one. */
export const sha256d: Sha256d = (bytes) => sha256(sha256(bytes));
