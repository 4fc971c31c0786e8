import { TAG_SIZE } from '@btcp2p/bip324';
import { WasmCode, wasmModule } from './wasm-code.ts';

// ChaCha20-Poly1305 (RFC 8439) of short messages. No branch and no address depends on anything but
// lengths. Secrets are gone from the memory when a call returns; what the compiler may have spilt
// onto the machine's stack is out of reach.

/** Most bytes of message and additional data together that {@link sealShort} and openShort take. */
export const SHORT_LIMIT = 3_072;
const BLOCK = 64;
/** Four blocks are made at once, one in each lane. */
const BATCH = 4 * BLOCK;

// The memory. The initial state (§2.3): constants, key, counter, nonce.
const STATE = 0;
const KEY = STATE + 16;
const COUNTER = KEY + 32;
const NONCE = COUNTER + 4;
/** The message, with its tag or room for it. The 64 bytes before are zeros that meet block 0. */
const INPUT = STATE + BLOCK + BLOCK;
/** Message, tag, and what the last batch writes beyond. */
const ROOM = SHORT_LIMIT + TAG_SIZE + BATCH;
/** Where `open` decrypts to. Block 0, the key of Poly1305, goes to the 64 bytes before. */
const OUTPUT = INPUT + ROOM + BLOCK;
const AAD = OUTPUT + ROOM;

const LANES = [0, 1, 2, 3] as const;
const MASK26 = 0x3ff_ffff;

/** The bytes of a vector that picks 32-bit words of two others, numbered 0 to 7. */
function words(...picked: readonly number[]): number[] {
  return picked.flatMap((word) => LANES.map((byte) => 4 * word + byte));
}

/** Rotates each word of a vector to the left. */
function rotate(code: WasmCode, local: number, bits: number): void {
  if (bits === 16) {
    const halves = [0, 4, 8, 12].flatMap((byte) => [byte + 2, byte + 3, byte, byte + 1]);
    code.get(local).get(local).shuffle(halves).set(local);
    return;
  }
  code.get(local).i32(bits).op('i32x4.shl');
  code.get(local).i32(32 - bits).op('i32x4.shr_u', 'v128.or').set(local);
}

/** §2.1, of four blocks. */
function quarterRound(code: WasmCode, a: number, b: number, c: number, d: number): void {
  const step = (to: number, from: number, mixed: number, bits: number): void => {
    code.get(to).get(from).op('i32x4.add').tee(to);
    code.get(mixed).op('v128.xor').set(mixed);
    rotate(code, mixed, bits);
  };
  step(a, b, d, 16);
  step(c, d, b, 12);
  step(a, b, d, 8);
  step(c, d, b, 7);
}

/** Word `i` of the initial state, of four blocks: all the same, but for their counters. */
function initial(code: WasmCode, i: number, counters: number): WasmCode {
  return i === 12 ? code.get(counters) : code.i32(STATE).memory('v128.load32_splat', 4 * i);
}

/** Encrypts 16 bytes of each block, from four words of each in `x`, by way of four locals `t`. */
function encryptRow(
  code: WasmCode, from: number, to: number, row: number, x: number, t: number,
): void {
  code.get(x).get(x + 1).shuffle(words(0, 4, 1, 5)).set(t);
  code.get(x + 2).get(x + 3).shuffle(words(0, 4, 1, 5)).set(t + 1);
  code.get(x).get(x + 1).shuffle(words(2, 6, 3, 7)).set(t + 2);
  code.get(x + 2).get(x + 3).shuffle(words(2, 6, 3, 7)).set(t + 3);
  for (const block of LANES) {
    const offset = BLOCK * block + 16 * row;
    const pair = t + (block & 2);
    code.get(to).get(from).memory('v128.load', offset).get(pair).get(pair + 1);
    code.shuffle(block % 2 === 0 ? words(0, 1, 4, 5) : words(2, 3, 6, 7));
    code.op('v128.xor').memory('v128.store', offset);
  }
}

/** (from, to, end): encrypts up to `end`, with block 0 at `from` (§2.4); writes whole batches. */
function chacha20(): WasmCode {
  const [from, to, end] = [0, 1, 2];
  const code = new WasmCode(['i32', 'i32', 'i32']);
  const x = code.local('v128', 16);
  const counters = code.local('v128');
  const t = code.local('v128', 4);
  const rounds = code.local('i32');
  code.i32x4(0, 1, 2, 3).set(counters).loop();
  for (let i = 0; i < 16; i++) initial(code, i, counters).set(x + i);
  code.i32(10).set(rounds).loop();
  for (let shift = 0; shift < 2; shift++) {
    for (let i = 0; i < 4; i++) {
      const [b, c, d] = [1, 2, 3].map((row) => x + 4 * row + ((i + shift * row) % 4));
      quarterRound(code, x + i, b!, c!, d!);
    }
  }
  code.advance(rounds, -1).repeatWhilePositive(rounds);
  for (let i = 0; i < 16; i++) {
    initial(code.get(x + i), i, counters).op('i32x4.add').set(x + i);
  }
  for (let row = 0; row < 4; row++) encryptRow(code, from, to, row, x + 4 * row, t);
  code.get(counters).i32x4(4).op('i32x4.add').set(counters);
  code.advance(from, BATCH).advance(to, BATCH);
  return code.get(to).get(end).op('i32.lt_u').brIf(0).end();
}

/** Takes the 128 bits of two i64 apart into limbs of 26 bits, with each of which `each` goes on. */
function limbs(code: WasmCode, low: number, high: number, each: (limb: number) => void): void {
  code.get(low).i64(MASK26).op('i64.and');
  each(0);
  code.get(low).i64(26).op('i64.shr_u').i64(MASK26).op('i64.and');
  each(1);
  code.get(low).i64(52).op('i64.shr_u').get(high).i64(12).op('i64.shl', 'i64.or');
  code.i64(MASK26).op('i64.and');
  each(2);
  code.get(high).i64(14).op('i64.shr_u').i64(MASK26).op('i64.and');
  each(3);
  code.get(high).i64(40).op('i64.shr_u');
  each(4);
}

/** Moves what is over 26 bits from a limb to the next, five times that from the last to the first. */
function carry(code: WasmCode, h: number, limb: number): void {
  const next = h + ((limb + 1) % 5);
  code.get(next).get(h + limb).i64(26).op('i64.shr_u');
  if (limb === 4) code.i64(5).op('i64.mul');
  code.op('i64.add').set(next);
  code.get(h + limb).i64(MASK26).op('i64.and').set(h + limb);
}

/** Multiplies limbs `h` by `r`; a product of limbs j + 5 and k counts 5 times for k, as 2^130 = 5. */
function multiply(code: WasmCode, h: number, r: number, fiveR: number, product: number): void {
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 5; j++) {
      code.get(h + j).get(j <= i ? r + i - j : fiveR + 5 + i - j).op('i64.mul');
      if (j > 0) code.op('i64.add');
    }
    code.set(product + i);
  }
}

/** Subtracts 2^130 - 5 from limbs `h` if they are not below it, by way of five locals `d`. */
function reduce(code: WasmCode, h: number, d: number): void {
  for (let i = 0; i < 5; i++) {
    code.get(h + i).i64(i === 0 ? 5 : 0).op('i64.add');
    if (i > 0) code.get(d + i - 1).i64(26).op('i64.shr_u', 'i64.add');
    if (i === 4) code.i64(1 << 26).op('i64.sub');
    code.set(d + i);
  }
  // The last limb's sign says which to take: all ones, a mask for `h`, if the difference is negative.
  const isNegative = (): WasmCode => code.get(d + 4).i64(63).op('i64.shr_s');
  for (let i = 0; i < 5; i++) {
    code.get(d + i).get(h + i).get(d + i).op('i64.xor');
    isNegative().op('i64.and', 'i64.xor').i64(MASK26).op('i64.and').set(h + i);
  }
}

/** Adds the second half of the key to the limbs, without what is over 128 bits, and stores that. */
function storeTag(code: WasmCode, h: number, key: number, tag: number): void {
  const low = code.local('i64');
  const sum = code.local('i64');
  const shifted = (limb: number, by: number): WasmCode => code.get(h + limb).i64(by).op('i64.shl');
  shifted(0, 0);
  shifted(1, 26).op('i64.or');
  shifted(2, 52).op('i64.or').get(key).memory('i64.load', 16).tee(low).op('i64.add').set(sum);
  code.get(tag).get(sum).memory('i64.store');
  code.get(tag).get(sum).get(low).op('i64.lt_u', 'i64.extend_i32_u');
  code.get(key).memory('i64.load', 24).op('i64.add').get(h + 2).i64(12).op('i64.shr_u');
  shifted(3, 14).op('i64.or');
  shifted(4, 40).op('i64.or', 'i64.add').memory('i64.store', 8);
}

/** (key, address, end, then, thenEnd, tag): Poly1305 (§2.5) of two stretches of whole blocks. */
function poly1305(): WasmCode {
  const [key, address, end, then, thenEnd, tag] = [0, 1, 2, 3, 4, 5];
  const code = new WasmCode(['i32', 'i32', 'i32', 'i32', 'i32', 'i32']);
  const r = code.local('i64', 5);
  const fiveR = code.local('i64', 5);
  const h = code.local('i64', 5);
  const d = code.local('i64', 5);
  const low = code.local('i64');
  const high = code.local('i64');

  code.get(key).memory('i64.load').i64(0x0fff_fffc_0fff_ffffn).op('i64.and').set(low);
  code.get(key).memory('i64.load', 8).i64(0x0fff_fffc_0fff_fffcn).op('i64.and').set(high);
  limbs(code, low, high, (limb) => code.set(r + limb));
  for (let i = 1; i < 5; i++) code.get(r + i).i64(5).op('i64.mul').set(fiveR + i);

  code.block().loop();
  code.get(address).get(end).op('i32.eq').if();
  code.get(then).get(thenEnd).op('i32.eq').brIf(2);
  code.get(then).set(address).get(thenEnd).tee(end).set(then);
  code.end();
  code.get(address).memory('i64.load').set(low).get(address).memory('i64.load', 8).set(high);
  limbs(code, low, high, (limb) => {
    if (limb === 4) code.i64(1 << 24).op('i64.or');
    code.get(h + limb).op('i64.add').set(h + limb);
  });
  multiply(code, h, r, fiveR, d);
  for (let i = 0; i < 5; i++) code.get(d + i).set(h + i);
  for (const limb of [0, 1, 2, 3, 4, 0]) carry(code, h, limb);
  code.advance(address, 16).br(0).end().end();

  for (const limb of [1, 2, 3, 4, 0]) carry(code, h, limb);
  reduce(code, h, d);
  storeTag(code, h, key, tag);
  return code;
}

/** (address, end): fills with zeros, 16 bytes at a time. */
function wipe(): WasmCode {
  const code = new WasmCode(['i32', 'i32']).block().loop();
  code.get(0).get(1).op('i32.ge_u').brIf(1);
  code.get(0).i32x4(0).memory('v128.store').advance(0, 16);
  return code.br(0).end().end();
}

/** (aadLength, length, key): puts the tag after the ciphertext in the input (§2.8). */
function authenticate(): WasmCode {
  const [aadLength, length, key] = [0, 1, 2];
  const code = new WasmCode(['i32', 'i32', 'i32']);
  const end = code.local('i32');
  const padded = (local: number): WasmCode =>
    code.get(local).i32(15).op('i32.add').i32(-16).op('i32.and');
  code.get(aadLength).i32x4(0).memory('v128.store', AAD);
  code.get(length).i32x4(0).memory('v128.store', INPUT);
  padded(length).tee(end).get(aadLength).memory('i32.store', INPUT);
  code.get(end).i64(0).memory('i64.store32', INPUT + 4);
  code.get(end).get(length).op('i64.extend_i32_u').memory('i64.store', INPUT + 8);
  code.get(key).i32(AAD);
  padded(aadLength).i32(AAD).op('i32.add').i32(INPUT);
  code.get(end).i32(INPUT + 16).op('i32.add').get(length).i32(INPUT).op('i32.add');
  return code.call('poly1305');
}

/** (aadLength, length): encrypts in place, and wipes all that is secret. */
function seal(): WasmCode {
  const [aadLength, length] = [0, 1];
  const code = new WasmCode(['i32', 'i32']);
  code.i32(INPUT - BLOCK).i32(INPUT - BLOCK).get(length).i32(INPUT).op('i32.add').call('chacha20');
  code.get(aadLength).get(length).i32(INPUT - BLOCK).call('authenticate');
  code.i32(INPUT - BLOCK).i32(INPUT).call('wipe').i32(KEY).i32(STATE + BLOCK).call('wipe');
  code.get(length).i32(INPUT + TAG_SIZE).op('i32.add');
  return code.get(length).i32(INPUT + BATCH).op('i32.add').call('wipe');
}

/** (aadLength, length): decrypts to the output; gives 1 if the tag is right, and 0 if it is not. */
function open(): WasmCode {
  const [aadLength, length] = [0, 1];
  const code = new WasmCode(['i32', 'i32'], 'i32');
  const low = code.local('i64');
  const high = code.local('i64');
  code.get(length).memory('i64.load', INPUT).set(low);
  code.get(length).memory('i64.load', INPUT + 8).set(high);
  code.i32(INPUT - BLOCK).i32(OUTPUT - BLOCK);
  code.get(length).i32(OUTPUT).op('i32.add').call('chacha20');
  code.get(aadLength).get(length).i32(OUTPUT - BLOCK).call('authenticate');
  code.i32(KEY).i32(STATE + BLOCK).call('wipe');
  code.get(length).memory('i64.load', INPUT).get(low).op('i64.xor');
  code.get(length).memory('i64.load', INPUT + 8).get(high).op('i64.xor');
  code.op('i64.or', 'i64.eqz');
  // Nobody is to learn the right tag of a message that came with a wrong one.
  code.get(length).i32(INPUT).op('i32.add');
  return code.get(length).i32(INPUT + 2 * TAG_SIZE).op('i32.add').call('wipe');
}

/** Exported for tests. */
export const wasm = wasmModule({
  chacha20: chacha20(), poly1305: poly1305(), wipe: wipe(), authenticate: authenticate(),
  seal: seal(), open: open(),
});
const memory = new Uint8Array(wasm.memory.buffer);
memory.set(Array.from('expand 32-byte k', (character) => character.charCodeAt(0)), STATE);

/** Ciphertexts share memory: one of its own takes longer to make than a packet to encrypt. */
const SLAB_SIZE = 16_384;
let slab = new Uint8Array(SLAB_SIZE);
let slabUsed = 0;

/** Copies out of the memory. */
function take(start: number, size: number): Uint8Array {
  if (slabUsed + size > SLAB_SIZE) {
    slab = new Uint8Array(SLAB_SIZE);
    slabUsed = 0;
  }
  const taken = new Uint8Array(slab.buffer, slabUsed, size);
  taken.set(memory.subarray(start, start + size));
  slabUsed += size;
  return taken;
}

function load(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): void {
  memory.set(key, KEY);
  memory.set(nonce, NONCE);
  if (aad.length > 0) memory.set(aad, AAD);
}

/**
 * Encrypts the concatenation of `parts`, `length` bytes.
 *
 * @returns the ciphertext and its tag, in memory that others of them are in too
 */
export function sealShort(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  parts: readonly Uint8Array[],
  length: number,
): Uint8Array {
  load(key, nonce, aad);
  let at = INPUT;
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  wasm.seal(aad.length, length);
  return take(INPUT, length + TAG_SIZE);
}

/** Decrypts a ciphertext and its tag, in place; undefined if the tag does not fit. */
export function openShort(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - TAG_SIZE;
  load(key, nonce, aad);
  memory.set(sealed, INPUT);
  const fits = wasm.open(aad.length, length) === 1;
  if (fits) sealed.set(memory.subarray(OUTPUT, OUTPUT + length));
  wasm.wipe(OUTPUT - BLOCK, OUTPUT + length + BATCH);
  // Not a subarray, which of a Buffer is a Buffer.
  return fits ? new Uint8Array(sealed.buffer, sealed.byteOffset, length) : undefined;
}
