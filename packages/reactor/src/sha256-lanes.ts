import { WasmCode, wasmModule } from './wasm-code.ts';

// SHA-256 (FIPS 180-4) of four messages at a time, in the four 32-bit lanes of WebAssembly's vectors.
// OpenSSL is far quicker with long messages, but a call of it costs as much as hashing 250 bytes; a
// block needs two hashes of 32 and 64 bytes for each transaction.

/** FIPS 180-4 §4.2.2: the fractions of the cube roots of the first 64 primes, 32 bits each. */
const K = primes(64).map((prime) => fraction(Math.cbrt(prime)));
/** FIPS 180-4 §5.3.3: the fractions of the square roots of the first 8 primes. */
const INITIAL = primes(8).map((prime) => fraction(Math.sqrt(prime)));

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

// Locals of the functions: their parameters, and then vectors.
const INPUT = 0;
const OUTPUT = 1;
const COUNT = 2;
/** 16 words of the message schedule. */
const W = 3;
/** 8 words of the state, which rounds rename instead of moving. */
const STATE = W + 16;
/** 8 words of the state before a block. */
const BEFORE = STATE + 8;
const TEMPORARY = BEFORE + 8;
const VECTORS = TEMPORARY + 1 - W;

/** Makes the words of four big-endian messages lanes of vectors, and back: it is its own inverse. */
const SWAP_BYTES = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

/** Words of padding after a message of so many bytes, up to the end of its block (§5.1.1). */
function padding(bytes: number): number[] {
  const words = 16 - ((bytes / 4) % 16);
  return Array.from({ length: words }, (_, i) =>
    i === 0 ? 0x8000_0000 : i === words - 1 ? bytes * 8 : 0,
  );
}

function loadWords(code: WasmCode, count: number, stride: number): void {
  for (let word = 0; word < count; word++) {
    code.i32x4(0);
    for (let lane = 0; lane < 4; lane++) {
      // The address goes below the vector on the stack, so the vector waits in a local.
      code.set(TEMPORARY).get(INPUT).get(TEMPORARY);
      code.memoryLane('v128.load32_lane', lane * stride + word * 4, lane);
    }
    code.set(W + word);
    code.get(W + word).get(W + word).shuffle(SWAP_BYTES).set(W + word);
  }
}

function storeState(code: WasmCode): void {
  for (let word = 0; word < 8; word++) {
    code.get(STATE + word).get(STATE + word).shuffle(SWAP_BYTES).set(TEMPORARY);
    for (let lane = 0; lane < 4; lane++) {
      code.get(OUTPUT).get(TEMPORARY).memoryLane('v128.store32_lane', lane * 32 + word * 4, lane);
    }
  }
}

function setWords(code: WasmCode, first: number, words: readonly number[]): void {
  words.forEach((word, i) => code.i32x4(word).set(first + i));
}

function rotate(code: WasmCode, local: number, bits: number): void {
  code.get(local).i32(bits).op('i32x4.shr_u');
  code.get(local).i32(32 - bits).op('i32x4.shl', 'v128.or');
}

/** The exclusive or of rotations by `bits`, the last of which is a shift if `shift` says so. */
function sigma(code: WasmCode, local: number, bits: readonly number[], shift = false): void {
  bits.forEach((count, i) => {
    if (shift && i === bits.length - 1) code.get(local).i32(count).op('i32x4.shr_u');
    else rotate(code, local, count);
    if (i > 0) code.op('v128.xor');
  });
}

/** Hashes the 16 words in `W` into the state (§6.2.2). */
function compress(code: WasmCode): void {
  for (let i = 0; i < 8; i++) code.get(STATE + i).set(BEFORE + i);
  for (let round = 0; round < 64; round++) {
    const word = (offset: number): number => W + ((round + offset) % 16);
    if (round >= 16) {
      code.get(word(0));
      sigma(code, word(1), [7, 18, 3], true);
      code.op('i32x4.add').get(word(9)).op('i32x4.add');
      sigma(code, word(14), [17, 19, 10], true);
      code.op('i32x4.add').set(word(0));
    }
    const [a, b, c, d, e, f, g, h] = Array.from(
      { length: 8 },
      (_, i) => STATE + ((i + 64 - round) % 8),
    ) as [number, number, number, number, number, number, number, number];
    code.get(h);
    sigma(code, e, [6, 11, 25]);
    code.op('i32x4.add').get(f).get(g).get(e).op('v128.bitselect', 'i32x4.add');
    code.i32x4(K[round]!).op('i32x4.add').get(word(0)).op('i32x4.add').set(h);
    code.get(d).get(h).op('i32x4.add').set(d);
    code.get(h);
    sigma(code, a, [2, 13, 22]);
    // The majority of a, b and c is c where a and b differ, and a where they agree.
    code.op('i32x4.add').get(c).get(a).get(a).get(b).op('v128.xor', 'v128.bitselect', 'i32x4.add');
    code.set(h);
  }
  for (let i = 0; i < 8; i++) code.get(STATE + i).get(BEFORE + i).op('i32x4.add').set(STATE + i);
}

/** A function (input, output, count): hashes `count` messages, four at a time, into 32 bytes each. */
function overLanes(messageSize: number, hash: (code: WasmCode) => void): WasmCode {
  const code = new WasmCode(['i32', 'i32', 'i32']);
  code.local('v128', VECTORS);
  code.loop();
  hash(code);
  code.advance(INPUT, 4 * messageSize).advance(OUTPUT, 4 * 32).advance(COUNT, -4);
  return code.repeatWhilePositive(COUNT);
}

/** SHA-256 of messages of 32 bytes. */
const single32 = overLanes(32, (code) => {
  loadWords(code, 8, 32);
  setWords(code, W + 8, padding(32));
  setWords(code, STATE, INITIAL);
  compress(code);
  storeState(code);
});

/** SHA-256d of messages of 64 bytes. */
const double64 = overLanes(64, (code) => {
  loadWords(code, 16, 64);
  setWords(code, STATE, INITIAL);
  compress(code);
  setWords(code, W, padding(64));
  compress(code);
  for (let i = 0; i < 8; i++) code.get(STATE + i).set(W + i);
  setWords(code, W + 8, padding(32));
  setWords(code, STATE, INITIAL);
  compress(code);
  storeState(code);
});

/** Bytes of a batch's input, from address 0 on; its output follows. */
const INPUT_SIZE = 32_768;

const wasm = wasmModule({ single32, double64 });
const memory = new Uint8Array(wasm.memory.buffer);

/** Most messages of 32 bytes, or of 64 bytes, in one batch. */
export const LANES_BATCH: { readonly single32: number; readonly double64: number } = {
  single32: INPUT_SIZE / 32,
  double64: INPUT_SIZE / 64,
};

/** Where the messages of a batch are put, one after the other. */
export const lanesInput: Buffer = Buffer.from(wasm.memory.buffer, 0, INPUT_SIZE);

/**
 * Hashes the `count` messages in {@link lanesInput}: SHA-256 of 32 bytes, or SHA-256d of 64 bytes.
 * Returns 32 bytes for each, in memory that the next call uses again.
 */
export function hashLanes(what: 'single32' | 'double64', count: number): Uint8Array {
  wasm[what](0, INPUT_SIZE, count);
  return memory.subarray(INPUT_SIZE, INPUT_SIZE + 32 * count);
}
