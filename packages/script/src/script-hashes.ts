import { ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';

/**
 * The hash functions of script. Each takes bytes of any length, which it must not keep, and returns a
 * fresh array. {@link nobleHashes} are the default; Node.js has faster ones in `node:crypto`.
 */
export interface ScriptHashes {
  /** 32 bytes. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** SHA-256 of the SHA-256: 32 bytes. */
  readonly sha256d: (bytes: Uint8Array) => Uint8Array;
  /** 20 bytes. */
  readonly ripemd160: (bytes: Uint8Array) => Uint8Array;
  /** 20 bytes. */
  readonly sha1: (bytes: Uint8Array) => Uint8Array;
}

/** The hash functions in pure JavaScript. */
export const nobleHashes: ScriptHashes = {
  sha256: (bytes) => sha256(bytes),
  sha256d: (bytes) => sha256(sha256(bytes)),
  ripemd160: (bytes) => ripemd160(bytes),
  sha1: (bytes) => sha1(bytes),
};
