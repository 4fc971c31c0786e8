import { ENTRIES, POINT_SIZE, SCRATCH, SLOT, START, TABLE, WINDOWS } from './secp256k1-code.ts';
import { ELEMENT_SIZE } from './secp256k1-field.ts';
import type { Secp256k1Memory } from './secp256k1-memory.ts';

/** SEC 2, §2.4.1: the coordinates of the generator G. */
const GENERATOR_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n;
const GENERATOR_Y = 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n;

/**
 * Makes the points of the comb: (value + 1) 16^part G for each value of each part of a key. One of
 * each part together are then the key and the sum of all 16^part times G, so that the comb starts
 * from what is to be taken off. The 1 is added for there to be no point at infinity.
 */
export function makeTable(memory: Secp256k1Memory): void {
  const { wasm } = memory;
  memory.write(SLOT.pointX, GENERATOR_X);
  memory.write(SLOT.pointY, GENERATOR_Y);
  for (let part = 0; part < WINDOWS; part++) {
    const entry = (value: number): number => TABLE + POINT_SIZE * (ENTRIES * part + value);
    startSum(memory, SLOT.pointX);
    for (let value = 0; value < ENTRIES; value++) {
      if (value > 0) wasm.addPoint();
      memory.copy(entry(value), SLOT.sumX, POINT_SIZE);
      memory.copy(zOf(value), SLOT.sumZ);
    }
    makeAffine(memory, entry);
    memory.copy(SLOT.pointX, entry(ENTRIES - 1), POINT_SIZE);
  }
  makeStart(memory);
  memory.wipe();
}

/** Makes the point at the address, which is affine, the sum. */
export function startSum(memory: Secp256k1Memory, point: number): void {
  memory.copy(SLOT.sumX, point, POINT_SIZE);
  memory.write(SLOT.sumZ, 1n);
}

/** Where the Z of an entry waits. */
function zOf(value: number): number {
  return SCRATCH + POINT_SIZE * value;
}

/** The product of the Zs of the entries up to this one. */
function productOf(value: number): number {
  return zOf(value) + ELEMENT_SIZE;
}

/** Divides the X and Y of all entries of a part by their Zs, with one inversion: of their product. */
function makeAffine(memory: Secp256k1Memory, entry: (value: number) => number): void {
  const { wasm } = memory;
  memory.copy(productOf(0), zOf(0));
  for (let value = 1; value < ENTRIES; value++) {
    wasm.multiply(productOf(value), productOf(value - 1), zOf(value));
  }
  memory.copy(SLOT.argument, productOf(ENTRIES - 1));
  wasm.invert();
  for (let value = ENTRIES - 1; value >= 0; value--) {
    // The result is the inverse of the product of the Zs up to this entry's.
    if (value === 0) memory.copy(SLOT.a, SLOT.result);
    else wasm.multiply(SLOT.a, SLOT.result, productOf(value - 1));
    wasm.multiply(SLOT.result, SLOT.result, zOf(value));
    const [x, y] = [entry(value), entry(value) + ELEMENT_SIZE];
    wasm.multiply(x, x, SLOT.a);
    wasm.multiply(y, y, SLOT.a);
  }
}

/** Puts at `START` the sum of the entries for 0 of all parts, negated. */
function makeStart(memory: Secp256k1Memory): void {
  const { wasm } = memory;
  startSum(memory, TABLE);
  for (let part = 1; part < WINDOWS; part++) {
    memory.copy(SLOT.pointX, TABLE + POINT_SIZE * ENTRIES * part, POINT_SIZE);
    wasm.addPoint();
  }
  memory.copy(SLOT.argument, SLOT.sumZ);
  wasm.invert();
  wasm.multiply(START, SLOT.sumX, SLOT.result);
  wasm.multiply(SLOT.a, SLOT.sumY, SLOT.result);
  wasm.addMultiple(START + ELEMENT_SIZE, SLOT.a, SLOT.a, -2);
}
