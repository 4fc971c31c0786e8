import type { WasmCode } from './wasm-code.ts';

// WebAssembly that computes modulo p = 2^256 - 2^32 - 977.
//
// An element is nine limbs of 29 bits, little-endian, each in an i64: the value is the sum of
// limb[i] * 2^(29 i), modulo p. Limbs are signed, so that a difference is just the limbs'
// differences. Nine, since 9 * 2^29 * 2^29 leaves room for signed sums: a product may be taken of
// elements whose limbs are up to `a` and `b` times 2^29 if a * b <= 3. Its own limbs are from 0 to
// 2^29, but for the third, which may miss that range by 2^24.
//
// Nothing here branches or addresses memory by a value.

/** Limbs of an element. */
export const LIMBS = 9;
/** Bits of a limb. */
export const LIMB_BITS = 29;
/** Bytes of an element in memory. */
export const ELEMENT_SIZE: number = LIMBS * 8;
const MASK = 2 ** LIMB_BITS - 1;

// 2^261 = 2^5 * 2^256 = 2^5 * (2^32 + 977) = 2^37 + 31264: what a limb is worth nine places further
// up, in units of the limb itself; 2^37 is 2^8 of the next limb.
const FOLD = 977 << 5;
const FOLD_NEXT_BITS = 8;
/** Bits of the last limb of a number below 2^256. */
const TOP_BITS = 256 - (LIMBS - 1) * LIMB_BITS;

/** Pushes one column of a product: the sum of the products of limbs whose places add up to `place`. */
export type Column = (place: number) => void;

/** Instructions of a function that computes with elements, which stay in locals or in memory. */
export class FieldCode {
  readonly code: WasmCode;
  readonly #low: number;
  readonly #high: number;
  readonly #carryLow: number;
  readonly #carryHigh: number;

  /** @param code the function that the instructions go to; 20 locals are added to it */
  constructor(code: WasmCode) {
    this.code = code;
    this.#low = code.local('i64', LIMBS);
    this.#high = code.local('i64', LIMBS);
    this.#carryLow = code.local('i64');
    this.#carryHigh = code.local('i64');
  }

  /** Adds the locals of an element, and returns the first one's number. */
  element(): number {
    return this.code.local('i64', LIMBS);
  }

  /** An element of its own, loaded from the address that a local holds. */
  loaded(pointer: number): number {
    const to = this.element();
    for (let i = 0; i < LIMBS; i++) this.code.get(pointer).memory('i64.load', 8 * i).set(to + i);
    return to;
  }

  /** Stores an element at the address that a local holds. */
  store(pointer: number, from: number): this {
    for (let i = 0; i < LIMBS; i++) this.code.get(pointer).get(from + i).memory('i64.store', 8 * i);
    return this;
  }

  /** The columns of a product. */
  product(a: number, b: number): Column {
    return (place) => {
      const first = Math.max(0, place - LIMBS + 1);
      for (let i = first; i <= Math.min(place, LIMBS - 1); i++) {
        this.code.get(a + i).get(b + place - i).op('i64.mul');
        if (i > first) this.code.op('i64.add');
      }
    };
  }

  /** The columns of a square; `twice` are locals for the doubled limbs, set by what is emitted now. */
  square(a: number, twice: number): Column {
    for (let i = 0; i < LIMBS; i++) this.code.get(a + i).i64(1).op('i64.shl').set(twice + i);
    return (place) => {
      const first = Math.max(0, place - LIMBS + 1);
      for (let i = first; 2 * i <= place; i++) {
        this.code.get(2 * i === place ? a + i : twice + i).get(a + place - i).op('i64.mul');
        if (i > first) this.code.op('i64.add');
      }
    };
  }

  /** The columns of another sum, and those of an element times the i64 in a local. */
  plus(column: Column, element: number, factor: number): Column {
    return (place) => {
      column(place);
      if (place < LIMBS) {
        this.code.get(element + place).get(factor).op('i64.mul', 'i64.add');
      }
    };
  }

  /**
   * Sums up the columns of a product, and reduces them to the element `out`, which may be one of
   * those that the columns are made of.
   */
  reduce(column: Column, out: number): this {
    const { code } = this;
    const [low, high, carryLow, carryHigh] = [this.#low, this.#high, this.#carryLow, this.#carryHigh];
    for (let i = 0; i < LIMBS; i++) {
      // Limb i + 9 of the whole product, and with it limb i.
      if (i < LIMBS - 1) {
        column(i + LIMBS);
        if (i > 0) code.get(carryHigh).op('i64.add');
        this.#split(carryHigh, high + i);
      } else {
        code.get(carryHigh).set(high + i);
      }
      column(i);
      if (i > 0) {
        code.get(carryLow).op('i64.add');
        code.get(high + i - 1).i64(FOLD_NEXT_BITS).op('i64.shl', 'i64.add');
      }
      code.get(high + i).i64(FOLD).op('i64.mul', 'i64.add');
      this.#split(carryLow, low + i);
    }
    // And once more what is above 2^261 now.
    code.get(carryLow).get(high + LIMBS - 1).i64(FOLD_NEXT_BITS).op('i64.shl', 'i64.add');
    code.set(carryHigh);
    code.get(low).get(carryHigh).i64(FOLD).op('i64.mul', 'i64.add');
    this.#split(carryLow, out);
    code.get(low + 1).get(carryLow).op('i64.add');
    code.get(carryHigh).i64(FOLD_NEXT_BITS).op('i64.shl', 'i64.add');
    this.#split(carryLow, out + 1);
    code.get(low + 2).get(carryLow).op('i64.add').set(out + 2);
    for (let i = 3; i < LIMBS; i++) code.get(low + i).set(out + i);
    return this;
  }

  /**
   * Brings the limbs of an element back into their range, for the first two within 2^22, if they
   * are less than 2^36.
   */
  carry(element: number): this {
    this.#carryUp(element, LIMB_BITS);
    const { code } = this;
    code.get(element).get(this.#carryLow).i64(FOLD).op('i64.mul', 'i64.add').set(element);
    code.get(element + 1).get(this.#carryLow).i64(FOLD_NEXT_BITS).op('i64.shl', 'i64.add');
    code.set(element + 1);
    return this;
  }

  /** Reduces an element to the one number from 0 to p - 1, in limbs from 0 to 2^29 - 1. */
  normalize(element: number): this {
    const { code } = this;
    // Once brings it from below 2^263 to within 2^38 of the right range, twice into it: from 0 to
    // 2^256 - 1; the third time is for the limbs.
    for (let time = 0; time < 3; time++) {
      this.#carryUp(element, TOP_BITS);
      code.get(element).get(this.#carryLow).i64(977).op('i64.mul', 'i64.add').set(element);
      code.get(element + 1).get(this.#carryLow).i64(3).op('i64.shl', 'i64.add').set(element + 1);
    }
    // It is p or more if it reaches 2^256 with 2^256 - p added, and is then what else there is.
    const reduced = this.#low;
    for (let i = 0; i < LIMBS; i++) code.get(element + i).set(reduced + i);
    code.get(reduced).i64(977).op('i64.add').set(reduced);
    code.get(reduced + 1).i64(8).op('i64.add').set(reduced + 1);
    this.#carryUp(reduced, TOP_BITS);
    code.i64(0).get(this.#carryLow).op('i64.sub').set(this.#carryHigh);
    for (let i = 0; i < LIMBS; i++) {
      code.get(element + i).get(element + i).get(reduced + i).op('i64.xor');
      code.get(this.#carryHigh).op('i64.and', 'i64.xor').set(element + i);
    }
    return this;
  }

  /** Reads an element from 32 bytes, little-endian, at the address that a local holds. */
  unpack(pointer: number, to: number): this {
    const { code } = this;
    for (let i = 0; i < LIMBS; i++) {
      const bit = i * LIMB_BITS;
      // Eight bytes that hold the limb; for the last ones, the last eight.
      const byte = Math.min(bit >> 3, 24);
      code.get(pointer).memory('i64.load', byte).i64(bit - 8 * byte).op('i64.shr_u');
      code.i64(MASK).op('i64.and').set(to + i);
    }
    return this;
  }

  /** Writes a normalized element as 32 bytes, little-endian. */
  pack(pointer: number, from: number): this {
    const { code } = this;
    for (let word = 0; word < 4; word++) {
      code.get(pointer).i64(0);
      for (let i = 0; i < LIMBS; i++) {
        const shift = i * LIMB_BITS - 64 * word;
        if (shift <= -LIMB_BITS || shift >= 64) continue;
        code.get(from + i).i64(Math.abs(shift)).op(shift < 0 ? 'i64.shr_u' : 'i64.shl', 'i64.or');
      }
      code.memory('i64.store', 8 * word);
    }
    return this;
  }

  /** Takes a sum from the stack: the low 29 bits go into `limb`, and the others into `carry`. */
  #split(carry: number, limb: number): void {
    this.code.tee(carry).i64(MASK).op('i64.and').set(limb);
    this.code.get(carry).i64(LIMB_BITS).op('i64.shr_s').set(carry);
  }

  /** Carries from limb to limb, and out of the last one, which keeps `topBits`, into `#carryLow`. */
  #carryUp(element: number, topBits: number): void {
    const { code } = this;
    for (let i = 0; i < LIMBS; i++) {
      const bits = i < LIMBS - 1 ? LIMB_BITS : topBits;
      code.get(element + i);
      if (i > 0) code.get(this.#carryLow).op('i64.add');
      code.tee(this.#carryLow).i64(2 ** bits - 1).op('i64.and').set(element + i);
      code.get(this.#carryLow).i64(bits).op('i64.shr_s').set(this.#carryLow);
    }
  }
}
