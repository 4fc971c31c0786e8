const MASK = (1n << 64n) - 1n;

/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) of a 32-byte hash:
 * what Core's `SipHashUint256` (crypto/siphash.h) computes.
 *
 * It is called once in some 600 headers, so that clarity counts here, and not speed.
 *
 * @param k0 the key's first 64 bits
 * @param k1 the key's last 64 bits
 * @param hash 32 bytes
 * @returns 64 bits
 */
export function sipHash(k0: bigint, k1: bigint, hash: Uint8Array): bigint {
  const view = new DataView(hash.buffer, hash.byteOffset, 32);
  const v: State = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  for (let at = 0; at < 32; at += 8) absorb(v, view.getBigUint64(at, true));
  // The last word holds the length of the input in its highest byte, and no bytes left over.
  absorb(v, 32n << 56n);
  v[2] ^= 0xffn;
  for (let i = 0; i < 4; i++) round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

type State = [bigint, bigint, bigint, bigint];

function absorb(v: State, word: bigint): void {
  v[3] ^= word;
  round(v);
  round(v);
  v[0] ^= word;
}

function round(v: State): void {
  v[0] = (v[0] + v[1]) & MASK;
  v[2] = (v[2] + v[3]) & MASK;
  v[1] = rotate(v[1], 13n) ^ v[0];
  v[3] = rotate(v[3], 16n) ^ v[2];
  v[0] = rotate(v[0], 32n);
  v[0] = (v[0] + v[3]) & MASK;
  v[2] = (v[2] + v[1]) & MASK;
  v[3] = rotate(v[3], 21n) ^ v[0];
  v[1] = rotate(v[1], 17n) ^ v[2];
  v[2] = rotate(v[2], 32n);
}

function rotate(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & MASK;
}
