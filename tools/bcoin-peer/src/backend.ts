/**
 * What bcoin computes hashes and ciphers with. `'node'`: `node:crypto`, the faster one (SHA-256d of a
 * block's transactions takes about a third of the time). `'js'`: JavaScript only. Its native parts
 * are never built, and elliptic curves are JavaScript in both. `'native'` is `'node'`, but with
 * signatures checked by libsecp256k1 (the package `secp256k1`), in a thirtieth of the time.
 */
export type BcoinBackend = 'native' | 'node' | 'js';
