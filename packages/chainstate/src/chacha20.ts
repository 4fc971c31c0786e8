/** "expand 32-byte k" (RFC 8439 §2.3), as words. */
const CONSTANTS = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574] as const;

const BLOCK_SIZE = 64;

// One state for all calls: nothing here suspends or calls itself.
const state = new Uint32Array(16);
const words = new Uint32Array(16);

/**
 * The first bytes of ChaCha20's key stream (RFC 8439) with a nonce of zeros, from block 0.
 *
 * @param key 32 bytes
 * @param length a multiple of 64
 */
export function chacha20KeyStream(key: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  const keyView = new DataView(key.buffer, key.byteOffset, 32);
  state.fill(0);
  state.set(CONSTANTS);
  for (let i = 0; i < 8; i++) state[4 + i] = keyView.getUint32(4 * i, true);
  for (let block = 0; block * BLOCK_SIZE < length; block++) {
    state[12] = block;
    words.set(state);
    for (let round = 0; round < 10; round++) doubleRound(words);
    for (let i = 0; i < 16; i++) {
      view.setUint32(block * BLOCK_SIZE + 4 * i, words[i]! + state[i]!, true);
    }
  }
  return out;
}

function doubleRound(x: Uint32Array): void {
  quarterRound(x, 0, 4, 8, 12);
  quarterRound(x, 1, 5, 9, 13);
  quarterRound(x, 2, 6, 10, 14);
  quarterRound(x, 3, 7, 11, 15);
  quarterRound(x, 0, 5, 10, 15);
  quarterRound(x, 1, 6, 11, 12);
  quarterRound(x, 2, 7, 8, 13);
  quarterRound(x, 3, 4, 9, 14);
}

function quarterRound(x: Uint32Array, i: number, j: number, k: number, l: number): void {
  let a = x[i]! | 0;
  let b = x[j]! | 0;
  let c = x[k]! | 0;
  let d = x[l]! | 0;
  a = (a + b) | 0;
  d = rotate(d ^ a, 16);
  c = (c + d) | 0;
  b = rotate(b ^ c, 12);
  a = (a + b) | 0;
  d = rotate(d ^ a, 8);
  c = (c + d) | 0;
  b = rotate(b ^ c, 7);
  x[i] = a;
  x[j] = b;
  x[k] = c;
  x[l] = d;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
