/** The four 32-bit words of a SipHash key: what its 16 bytes are in little-endian order. */
export type SipHashKey = Int32Array;

/**
 * The key that bytes hold.
 *
 * @param bytes the key in the first 16; a block's hash is one (BIP 158 §Construction)
 * @throws RangeError if there are fewer
 */
export function sipHashKey(bytes: Uint8Array): SipHashKey {
  if (bytes.length < 16) throw new RangeError(`a key has 16 bytes, not ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return Int32Array.from({ length: 4 }, (_, i) => view.getInt32(4 * i, true));
}

/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; Core `CSipHasher`) of
 * `bytes` from `start` to `end`, in halves of 32 bits: `out[at]` is the lower half of the result and
 * `out[at + 1]` the upper one.
 */
export function sipHash(
  key: SipHashKey,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Int32Array,
  at: number,
): void {
  // Four words of 64 bits: `a` is the lower half of one, `A` the upper one.
  let a = key[0]! ^ 0x70736575;
  let A = key[1]! ^ 0x736f6d65;
  let b = key[2]! ^ 0x6e646f6d;
  let B = key[3]! ^ 0x646f7261;
  let c = key[0]! ^ 0x6e657261;
  let C = key[1]! ^ 0x6c796765;
  let d = key[2]! ^ 0x79746573;
  let D = key[3]! ^ 0x74656462;
  const length = end - start;
  const words = length >>> 3;
  let offset = start;
  // All whole words, one for what is left over and the length, and a last turn that takes in nothing.
  for (let word = 0; word <= words + 1; word++) {
    let m = 0;
    let M = 0;
    let rounds = 2;
    if (word < words) {
      m = bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) |
        (bytes[offset + 3]! << 24);
      M = bytes[offset + 4]! | (bytes[offset + 5]! << 8) | (bytes[offset + 6]! << 16) |
        (bytes[offset + 7]! << 24);
      offset += 8;
    } else if (word === words) {
      M = length << 24;
      for (let shift = 0; offset < end; offset++, shift += 8) {
        // A shift by 32 or more is one by 32 less.
        if (shift < 32) m |= bytes[offset]! << shift;
        else M |= bytes[offset]! << shift;
      }
    } else {
      c ^= 0xff;
      rounds = 4;
    }
    d ^= m;
    D ^= M;
    for (let round = 0; round < rounds; round++) {
      // Additions carry as a number, not by a branch: it would be mispredicted every other time.
      let t = a;
      a = (a + b) | 0;
      A = (A + B + +(a >>> 0 < t >>> 0)) | 0;
      t = ((b << 13) | (B >>> 19)) ^ a;
      B = ((B << 13) | (b >>> 19)) ^ A;
      b = t;
      t = a;
      a = A;
      A = t;
      t = c;
      c = (c + d) | 0;
      C = (C + D + +(c >>> 0 < t >>> 0)) | 0;
      t = ((d << 16) | (D >>> 16)) ^ c;
      D = ((D << 16) | (d >>> 16)) ^ C;
      d = t;
      t = a;
      a = (a + d) | 0;
      A = (A + D + +(a >>> 0 < t >>> 0)) | 0;
      t = ((d << 21) | (D >>> 11)) ^ a;
      D = ((D << 21) | (d >>> 11)) ^ A;
      d = t;
      t = c;
      c = (c + b) | 0;
      C = (C + B + +(c >>> 0 < t >>> 0)) | 0;
      t = ((b << 17) | (B >>> 15)) ^ c;
      B = ((B << 17) | (b >>> 15)) ^ C;
      b = t;
      t = c;
      c = C;
      C = t;
    }
    a ^= m;
    A ^= M;
  }
  out[at] = a ^ b ^ c ^ d;
  out[at + 1] = A ^ B ^ C ^ D;
}
