import { ELEMENT_SIZE, FieldCode, LIMBS } from './secp256k1-field.ts';
import { WasmCode, wasmModule } from './wasm-code.ts';
import type { WasmExports } from './wasm-code.ts';

// The WebAssembly of secp256k1: roots and inverses, and two multiplications of points that take the
// same steps for every secret key. Elements are at addresses of its memory, which the functions
// below take. `SLOT` numbers the places of those that are used inside.

/** Elements of the work in progress, one after the other from address 0 on. */
const SLOT_NAMES = [
  // Two points of the ladder, projective; each 144 bytes, one after the other.
  'x1', 'z1', 'x2', 'z2',
  // What the ladder multiplies.
  'base',
  // The sum of the comb, projective, and the point that is added to it, affine, of 144 bytes.
  'sumX', 'sumY', 'sumZ', 'pointX', 'pointY',
  // Of `root` and `invert`; and the X coordinates that `ladder` and `comb` come to.
  'argument', 'result',
  // Powers of the argument: 2^n - 1.
  'ones2', 'ones3', 'ones5', 'ones11', 'ones22', 'ones44', 'ones88', 'ones223',
  // Intermediate results.
  'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
] as const;

type Slot = (typeof SLOT_NAMES)[number];

/** The address of a place. */
export const SLOT: Readonly<Record<Slot, number>> = Object.fromEntries(
  SLOT_NAMES.map((name, i) => [name, i * ELEMENT_SIZE]),
) as Record<Slot, number>;

/** 32 bytes for numbers on their way in and out, little-endian. */
export const NUMBER: number = SLOT_NAMES.length * ELEMENT_SIZE;
/** 32 bytes for a secret key, big-endian. */
export const KEY: number = NUMBER + 32;
/** Where secrets end: from 0 to here is to be wiped. */
export const SECRETS_SIZE: number = KEY + 32;
/** Where the comb starts from: X and Y of a point. */
export const START: number = SECRETS_SIZE;
/** Bytes of an affine point. */
export const POINT_SIZE: number = 2 * ELEMENT_SIZE;

/** Bits of the key that one addition of the comb deals with. */
const WINDOW_BITS = 4;
/** How many parts a key has for the comb. */
export const WINDOWS: number = 256 / WINDOW_BITS;
/** Points for each part of the key, one for each of its values. */
export const ENTRIES: number = 2 ** WINDOW_BITS;
/** The comb's points: `ENTRIES` for the least significant part of the key, and so on. */
export const TABLE: number = 4_096;
/** Room for two elements for each of `ENTRIES` points, while the table is made. */
export const SCRATCH: number = TABLE + WINDOWS * ENTRIES * POINT_SIZE;
const PAGES = Math.ceil((SCRATCH + ENTRIES * POINT_SIZE) / 65_536);

/** A function of `count` numbers. */
function withParameters(count: number): FieldCode {
  return new FieldCode(new WasmCode(Array.from({ length: count }, () => 'i32')));
}

/** The i64 of an i32. */
function extended(field: FieldCode, parameter: number): number {
  const factor = field.code.local('i64');
  field.code.get(parameter).op('i64.extend_i32_s').set(factor);
  return factor;
}

/** (out, a, b): out = a b. */
function multiply(): WasmCode {
  const field = withParameters(3);
  const [a, b] = [field.loaded(1), field.loaded(2)];
  return field.reduce(field.product(a, b), a).store(0, a).code;
}

/** (out, a, b, c, factor): out = a b + factor c. */
function multiplyAdd(): WasmCode {
  const field = withParameters(5);
  const [a, b, c] = [field.loaded(1), field.loaded(2), field.loaded(3)];
  const columns = field.plus(field.product(a, b), c, extended(field, 4));
  return field.reduce(columns, a).store(0, a).code;
}

/** (out, a, b, c, d): out = a b + c d. */
function multiplyTwo(): WasmCode {
  const field = withParameters(5);
  const [a, b, c, d] = [field.loaded(1), field.loaded(2), field.loaded(3), field.loaded(4)];
  const [first, second] = [field.product(a, b), field.product(c, d)];
  const both = (place: number): void => {
    first(place);
    second(place);
    field.code.op('i64.add');
  };
  return field.reduce(both, a).store(0, a).code;
}

/** (out, a, count): out = a^(2^count), for a count from 1 on. */
function squares(): WasmCode {
  const field = withParameters(3);
  const [a, twice] = [field.loaded(1), field.element()];
  field.code.loop();
  field.reduce(field.square(a, twice), a).code.advance(2, -1).repeatWhilePositive(2);
  return field.store(0, a).code;
}

/** (out, a, c, factor): out = a^2 + factor c. */
function squareAdd(): WasmCode {
  const field = withParameters(4);
  const [a, c, twice] = [field.loaded(1), field.loaded(2), field.element()];
  const columns = field.plus(field.square(a, twice), c, extended(field, 3));
  return field.reduce(columns, a).store(0, a).code;
}

/** (out, a, b, factor): out = a + factor b. */
function addMultiple(): WasmCode {
  const field = withParameters(4);
  const [a, b, factor] = [field.loaded(1), field.loaded(2), extended(field, 3)];
  for (let i = 0; i < LIMBS; i++) {
    field.code.get(b + i).get(factor).op('i64.mul').get(a + i).op('i64.add').set(a + i);
  }
  return field.carry(a).store(0, a).code;
}

/** (out, number): reads an element. */
function unpack(): WasmCode {
  const field = withParameters(2);
  const element = field.element();
  return field.unpack(1, element).store(0, element).code;
}

/** (number, a): writes an element. */
function pack(): WasmCode {
  const field = withParameters(2);
  const element = field.loaded(1);
  return field.normalize(element).pack(0, element).code;
}

/** Calls functions of this module, from inside. */
class Calls {
  readonly code: WasmCode;

  constructor(code: WasmCode) {
    this.code = code;
  }

  multiply(out: Slot, a: Slot, b: Slot): this {
    return this.#call('multiply', SLOT[out], SLOT[a], SLOT[b]);
  }

  multiplyAdd(out: Slot, a: Slot, b: Slot, c: Slot, factor: number): this {
    return this.#call('multiplyAdd', SLOT[out], SLOT[a], SLOT[b], SLOT[c], factor);
  }

  multiplyTwo(out: Slot, a: Slot, b: Slot, c: Slot, d: Slot): this {
    return this.#call('multiplyTwo', SLOT[out], SLOT[a], SLOT[b], SLOT[c], SLOT[d]);
  }

  squares(out: Slot, a: Slot, count = 1): this {
    return this.#call('squares', SLOT[out], SLOT[a], count);
  }

  squareAdd(out: Slot, a: Slot, c: Slot, factor: number): this {
    return this.#call('squareAdd', SLOT[out], SLOT[a], SLOT[c], factor);
  }

  addMultiple(out: Slot, a: Slot, b: Slot, factor: number): this {
    return this.#call('addMultiple', SLOT[out], SLOT[a], SLOT[b], factor);
  }

  /** Limb by limb, and nothing is carried: see secp256k1-field.ts on what may be done with that. */
  sum(out: Slot, a: Slot, b: Slot, operation: 'i64.add' | 'i64.sub' = 'i64.add'): this {
    for (let offset = 0; offset < ELEMENT_SIZE; offset += 8) {
      this.code.i32(0).i32(0).memory('i64.load', SLOT[a] + offset);
      this.code.i32(0).memory('i64.load', SLOT[b] + offset).op(operation);
      this.code.memory('i64.store', SLOT[out] + offset);
    }
    return this;
  }

  copy(out: Slot, a: Slot): this {
    for (let offset = 0; offset < ELEMENT_SIZE; offset += 8) {
      this.code.i32(0).i32(0).memory('i64.load', SLOT[a] + offset);
      this.code.memory('i64.store', SLOT[out] + offset);
    }
    return this;
  }

  call(name: string): this {
    this.code.call(name);
    return this;
  }

  #call(name: string, ...parameters: readonly number[]): this {
    for (const parameter of parameters) this.code.i32(parameter);
    return this.call(name);
  }
}

function calls(result?: 'i32'): Calls {
  return new Calls(new WasmCode([], result));
}

/**
 * Powers of the argument with exponents of all ones, 2^n - 1, up to n = 223. With those of m and n
 * ones, m + n ones take n squarings and a multiplication.
 */
function ones(): WasmCode {
  const join = (out: Slot, first: Slot, second: Slot, secondLength: number): unknown =>
    code.squares('a', first, secondLength).multiply(out, 'a', second);
  const code = calls();
  join('ones2', 'argument', 'argument', 1);
  join('ones3', 'ones2', 'argument', 1);
  join('ones5', 'ones3', 'ones2', 2);
  join('ones11', 'ones5', 'argument', 1);
  join('ones11', 'ones11', 'ones5', 5);
  join('ones22', 'ones11', 'ones11', 11);
  join('ones44', 'ones22', 'ones22', 22);
  join('ones88', 'ones44', 'ones44', 44);
  join('ones223', 'ones88', 'ones88', 88);
  join('ones223', 'ones223', 'ones44', 44);
  join('ones223', 'ones223', 'ones3', 3);
  return code.code;
}

/**
 * The result is the argument to the power (p + 1) / 4: in binary 223 ones, 0, 22 ones, 0000, 11,
 * 00. That is a root if there is one, since p = 3 modulo 4. Returns 0 if it is, and 1 if not.
 */
function root(): WasmCode {
  const code = calls('i32').call('ones');
  code.squares('a', 'ones223', 23).multiply('a', 'a', 'ones22');
  code.squares('a', 'a', 6).multiply('a', 'a', 'ones2').squares('result', 'a', 2);
  code.squareAdd('a', 'result', 'argument', -1);
  const { code: out } = code;
  out.i32(NUMBER).i32(SLOT.a).call('pack').i64(0);
  for (let offset = 0; offset < 32; offset += 8) {
    out.i32(0).memory('i64.load', NUMBER + offset).op('i64.or');
  }
  return out.i64(0).op('i64.ne');
}

/** The result is the argument to the power p - 2: 223 ones, 0, 22 ones, 0000, 1, 0, 11, 0, 1. */
function invert(): WasmCode {
  const code = calls().call('ones');
  code.squares('a', 'ones223', 23).multiply('a', 'a', 'ones22');
  code.squares('a', 'a', 5).multiply('a', 'a', 'argument');
  code.squares('a', 'a', 3).multiply('a', 'a', 'ones2');
  code.squares('a', 'a', 2).multiply('result', 'a', 'argument');
  return code.code;
}

/** Swaps the two points of the ladder if the mask is all ones, and not if it is 0. */
function swap(code: WasmCode, mask: number, difference: number): void {
  for (let offset = 0; offset < POINT_SIZE; offset += 16) {
    const [one, two] = [SLOT.x1 + offset, SLOT.x2 + offset];
    code.i32(0).memory('v128.load', one).i32(0).memory('v128.load', two).op('v128.xor');
    code.get(mask).op('v128.and').set(difference);
    for (const address of [one, two]) {
      code.i32(0).i32(0).memory('v128.load', address).get(difference).op('v128.xor');
      code.memory('v128.store', address);
    }
  }
}

/**
 * One step of the ladder: of two points with a known difference, `base`, the second becomes their
 * sum, and the first becomes twice itself. On y^2 = x^3 + b, with X coordinates X / Z only:
 *
 *   sum:  X = (X1 X2)^2 - 4 b Z1 Z2 (X1 Z2 + X2 Z1)     Z = base (X1 Z2 - X2 Z1)^2
 *   twice: X = X1^4 - 8 b X1 Z1^3                       Z = 4 Z1 (X1^3 + b Z1^3)
 *
 * (Brier and Joye, "Weierstraß Elliptic Curves and Side-Channel Attacks", 2002, §4, with a = 0.)
 * That holds for the point at infinity too, as X : 0, since no point has the X coordinate 0.
 */
function ladderStep(): WasmCode {
  const code = calls();
  code.multiply('a', 'x1', 'x2').multiply('b', 'z1', 'z2');
  code.multiply('c', 'x1', 'z2').multiply('d', 'x2', 'z1');
  code.sum('e', 'c', 'd').sum('f', 'c', 'd', 'i64.sub');
  code.multiply('b', 'b', 'e').squareAdd('x2', 'a', 'b', -4 * 7);
  code.squares('f', 'f').multiply('z2', 'f', 'base');
  code.squares('a', 'x1').squares('b', 'z1').multiply('b', 'b', 'z1').multiply('c', 'x1', 'b');
  // Half of the factor 4 is in d, and half in z1, to keep within the range of a product.
  code.sum('d', 'a', 'a').multiplyAdd('d', 'x1', 'd', 'b', 2 * 7).sum('z1', 'z1', 'z1');
  code.squareAdd('x1', 'a', 'c', -8 * 7).multiply('z1', 'z1', 'd');
  return code.code;
}

/**
 * The result is the X coordinate of `base` times the key, by a Montgomery ladder over all 256 bits.
 * `x1 : z1` is to be 1 : 0, the point at infinity, and `x2 : z2` base : 1.
 */
function ladder(): WasmCode {
  const code = new WasmCode([]);
  const [index, bit, before] = [code.local('i32'), code.local('i32'), code.local('i32')];
  const [mask, difference] = [code.local('v128'), code.local('v128')];
  const swapIf = (): void => {
    code.i32(0).get(bit).get(before).op('i32.xor', 'i32.sub', 'i32x4.splat').set(mask);
    swap(code, mask, difference);
  };
  code.loop();
  code.get(index).i32(3).op('i32.shr_u').memory('i32.load8_u', KEY);
  code.i32(7).get(index).i32(7).op('i32.and', 'i32.sub', 'i32.shr_u').i32(1).op('i32.and').set(bit);
  swapIf();
  code.call('ladderStep').get(bit).set(before);
  code.advance(index, 1).get(index).i32(256).op('i32.lt_u').brIf(0).end();
  code.i32(0).set(bit);
  swapIf();
  const end = new Calls(code).copy('argument', 'z1').call('invert');
  return end.multiply('result', 'result', 'x1').code;
}

/**
 * Adds the point to the sum, whichever points they are, but that the point is not at infinity:
 * Renes, Costello and Batina, "Complete addition formulas for prime order elliptic curves", 2015,
 * algorithm 8, which says, with 3 b = 21:
 *
 *   X = (X1 Y2 + X2 Y1) (Y1 Y2 - 21 Z1) - 21 (Y2 Z1 + Y1) (X2 Z1 + X1)
 *   Y = (Y1 Y2 + 21 Z1) (Y1 Y2 - 21 Z1) + 63 X1 X2 (X2 Z1 + X1)
 *   Z = (Y2 Z1 + Y1) (Y1 Y2 + 21 Z1) + 3 X1 X2 (X1 Y2 + X2 Y1)
 */
function addPoint(): WasmCode {
  const code = calls();
  code.multiply('a', 'sumX', 'pointX').addMultiple('a', 'a', 'a', 2);
  code.multiplyTwo('b', 'sumX', 'pointY', 'pointX', 'sumY');
  code.multiplyAdd('c', 'pointY', 'sumZ', 'sumY', 1);
  code.multiplyAdd('d', 'pointX', 'sumZ', 'sumX', 1).addMultiple('d', 'd', 'd', 20);
  code.multiplyAdd('e', 'sumY', 'pointY', 'sumZ', -21).addMultiple('f', 'e', 'sumZ', 42);
  code.addMultiple('g', 'd', 'd', -2);
  code.multiplyTwo('sumX', 'b', 'e', 'c', 'g').multiplyTwo('sumY', 'f', 'e', 'a', 'd');
  code.multiplyTwo('sumZ', 'c', 'f', 'a', 'b');
  return code.code;
}

/** Copies the one of the points at `table` that `wanted` says, having read all of them. */
function choose(code: WasmCode, table: number, wanted: number): void {
  const [entry, mask] = [code.local('i32'), code.local('v128')];
  const chosen = code.local('v128', POINT_SIZE / 16);
  const parts = Array.from({ length: POINT_SIZE / 16 }, (_, i) => i);
  for (const part of parts) code.i32x4(0).set(chosen + part);
  code.i32(0).set(entry).loop();
  // All ones if this is the one, and else 0: only 0 - 1 has the highest bit.
  code.get(entry).get(wanted).op('i32.xor').i32(1).op('i32.sub').i32(31).op('i32.shr_s');
  code.op('i32x4.splat').set(mask);
  for (const part of parts) {
    code.get(table).memory('v128.load', TABLE + 16 * part).get(mask).op('v128.and');
    code.get(chosen + part).op('v128.or').set(chosen + part);
  }
  code.advance(table, POINT_SIZE);
  code.advance(entry, 1).get(entry).i32(ENTRIES).op('i32.lt_u').brIf(0).end();
  for (const part of parts) {
    code.i32(SLOT.pointX + 16 * part).get(chosen + part).memory('v128.store');
  }
}

/**
 * The result is the X coordinate of the generator times the key. The sum is to be the point at
 * `START`; for each part of the key a point of its table is added, so that no branch is needed for
 * parts that are 0.
 */
function comb(): WasmCode {
  const code = new WasmCode([]);
  const [index, table, wanted] = [code.local('i32'), code.local('i32'), code.local('i32')];
  code.loop();
  // Two parts in each byte; the least significant are in the last byte.
  code.i32(31).get(index).i32(1).op('i32.shr_u', 'i32.sub').memory('i32.load8_u', KEY);
  code.get(index).i32(1).op('i32.and').i32(2).op('i32.shl', 'i32.shr_u').i32(15).op('i32.and');
  code.set(wanted);
  choose(code, table, wanted);
  code.call('addPoint');
  code.advance(index, 1).get(index).i32(WINDOWS).op('i32.lt_u').brIf(0).end();
  const end = new Calls(code).copy('argument', 'sumZ').call('invert');
  return end.multiply('result', 'result', 'sumX').code;
}

const functions = {
  multiply, multiplyAdd, multiplyTwo, squares, squareAdd, addMultiple, unpack, pack,
  ones, root, invert, ladderStep, ladder, addPoint, comb,
};

type FunctionName = keyof typeof functions;

/** The module, with memory of its own. Throws where there is no WebAssembly. */
export function secp256k1Module(): WasmExports<FunctionName> {
  const codes = Object.entries(functions).map(([name, make]) => [name, make()] as const);
  return wasmModule(Object.fromEntries(codes) as Record<FunctionName, WasmCode>, PAGES);
}
