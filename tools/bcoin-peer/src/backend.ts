/**
 * What bcoin computes hashes and ciphers with. `'node'`: `node:crypto`, the faster one (SHA-256d of a
 * block's transactions takes about a third of the time). `'js'`: JavaScript only. Its native parts
 * are never built. Elliptic curves are JavaScript in both.
 */
export type BcoinBackend = 'node' | 'js';
