/**
 * Where keys and garbage come from. `Rng` of `@btcp2p/machine` is one; anywhere else it is a line:
 * `{ bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) }`.
 *
 * Secrecy rests on it: only a cryptographic source will do, except in tests.
 */
export interface RandomSource {
  /** `length` uniformly random bytes, in a fresh array. */
  bytes(length: number): Uint8Array;
}
