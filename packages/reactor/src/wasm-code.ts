// Just enough of an assembler for WebAssembly (core specification 2.0, §5) to write functions of
// three i32 parameters that work on 128-bit vectors.

/** What Node.js has of WebAssembly, as far as it is used here: its types leave it out. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: Record<string, unknown> };
};

const I32 = 0x7f;
const V128 = 0x7b;

/** Unsigned LEB128 (§5.2.2). */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const isLast = value >= -64 && value < 64;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

/** The code of one function: parameters 0, 1 and 2 are i32, all other locals vectors. */
export class WasmCode {
  readonly #bytes: number[] = [];
  readonly #vectors: number;

  /** @param vectors how many vector locals there are, from 3 on */
  constructor(vectors: number) {
    this.#vectors = vectors;
  }

  get(local: number): this {
    return this.#emit(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.#emit(0x21, ...unsigned(local));
  }

  /** A vector with the same 32 bits in each lane. */
  vector(word: number): this {
    const bytes = [word, word >>> 8, word >>> 16, word >>> 24].map((byte) => byte & 0xff);
    return this.#simd(0x0c, ...bytes, ...bytes, ...bytes, ...bytes);
  }

  /** Takes an address and a vector, and puts 32 bits from `address + offset` into a lane of it. */
  loadLane(offset: number, lane: number): this {
    return this.#simd(0x56, 2, ...unsigned(offset), lane);
  }

  /** Takes an address and a vector, and stores a lane of it at `address + offset`. */
  storeLane(offset: number, lane: number): this {
    return this.#simd(0x5a, 2, ...unsigned(offset), lane);
  }

  /** Takes two vectors, whose bytes are 0 to 15 and 16 to 31, and gives 16 of them. */
  shuffle(bytes: readonly number[]): this {
    return this.#simd(0x0d, ...bytes);
  }

  add(): this {
    return this.#simd(0xae);
  }

  xor(): this {
    return this.#simd(0x51);
  }

  or(): this {
    return this.#simd(0x50);
  }

  /** Takes three vectors: where the third has ones, the bits of the first, else of the second. */
  select(): this {
    return this.#simd(0x52);
  }

  shiftLeft(bits: number): this {
    return this.#emit(0x41, ...signed(bits)).#simd(0xab);
  }

  /** Zeros come in from the left. */
  shiftRight(bits: number): this {
    return this.#emit(0x41, ...signed(bits)).#simd(0xad);
  }

  /** Adds to a parameter. */
  advance(local: number, by: number): this {
    return this.get(local).#emit(0x41, ...signed(by), 0x6a).set(local);
  }

  /** Starts what {@link repeatWhilePositive} ends. */
  loop(): this {
    return this.#emit(0x03, 0x40);
  }

  /** Ends the loop: goes back to its start if the parameter, signed, is above 0. */
  repeatWhilePositive(local: number): this {
    return this.get(local).#emit(0x41, 0, 0x4a, 0x0d, 0, 0x0b);
  }

  /** The function's body, for the code section (§5.5.13). */
  body(): number[] {
    const body = [1, ...unsigned(this.#vectors), V128, ...this.#bytes, 0x0b];
    return [...unsigned(body.length), ...body];
  }

  #simd(opcode: number, ...operands: number[]): this {
    return this.#emit(0xfd, ...unsigned(opcode), ...operands);
  }

  #emit(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }
}

/** What a module of ours exports: functions of three numbers, and 64 KiB of memory. */
export type WasmExports<Name extends string> = Readonly<
  Record<Name, (input: number, output: number, count: number) => void>
> & { readonly memory: { readonly buffer: ArrayBuffer } };

/** Compiles functions into a module. */
export function wasmModule<Name extends string>(
  functions: Readonly<Record<Name, WasmCode>>,
): WasmExports<Name> {
  const names = Object.keys(functions) as Name[];
  const section = (id: number, items: readonly number[][]): number[] => {
    const content = [...unsigned(items.length), ...items.flat()];
    return [id, ...unsigned(content.length), ...content];
  };
  const name = (text: string): number[] => [
    text.length, ...Array.from(text, (character) => character.charCodeAt(0)),
  ];
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, [[0x60, 3, I32, I32, I32, 0]]),
    section(3, names.map(() => [0])),
    section(5, [[0, 1]]),
    section(7, [...names.map((text, i) => [...name(text), 0, i]), [...name('memory'), 2, 0]]),
    section(10, names.map((text) => functions[text].body())),
  ].flat();
  const module = new WebAssembly.Module(Uint8Array.from(bytes));
  return new WebAssembly.Instance(module).exports as WasmExports<Name>;
}
