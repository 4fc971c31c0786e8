// Just enough of an assembler for WebAssembly (core specification 2.0, §5) to write functions that
// work on integers and on 128-bit vectors. Instructions go by the names of the specification.

/** What Node.js has of WebAssembly, as far as it is used here: its types leave it out. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: Record<string, unknown> };
};

const TYPES = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;

/** The type of a parameter, a local or a result. */
export type WasmType = keyof typeof TYPES;

/** Instructions that take everything from the stack (§5.4.4, §5.4.6). */
const OPERATORS = {
  'drop': 0x1a, 'select': 0x1b, 'return': 0x0f,
  'i32.eqz': 0x45, 'i32.eq': 0x46, 'i32.ne': 0x47, 'i32.lt_s': 0x48, 'i32.lt_u': 0x49,
  'i32.gt_s': 0x4a, 'i32.gt_u': 0x4b, 'i32.le_s': 0x4c, 'i32.le_u': 0x4d, 'i32.ge_s': 0x4e,
  'i32.ge_u': 0x4f, 'i32.clz': 0x67, 'i32.ctz': 0x68, 'i32.add': 0x6a, 'i32.sub': 0x6b,
  'i32.mul': 0x6c, 'i32.and': 0x71, 'i32.or': 0x72, 'i32.xor': 0x73, 'i32.shl': 0x74,
  'i32.shr_s': 0x75, 'i32.shr_u': 0x76, 'i32.rotl': 0x77, 'i32.rotr': 0x78,
  'i64.eqz': 0x50, 'i64.eq': 0x51, 'i64.ne': 0x52, 'i64.lt_s': 0x53, 'i64.lt_u': 0x54,
  'i64.gt_s': 0x55, 'i64.gt_u': 0x56, 'i64.le_s': 0x57, 'i64.le_u': 0x58, 'i64.ge_s': 0x59,
  'i64.ge_u': 0x5a, 'i64.clz': 0x79, 'i64.ctz': 0x7a, 'i64.add': 0x7c, 'i64.sub': 0x7d,
  'i64.mul': 0x7e, 'i64.and': 0x83, 'i64.or': 0x84, 'i64.xor': 0x85, 'i64.shl': 0x86,
  'i64.shr_s': 0x87, 'i64.shr_u': 0x88, 'i64.rotl': 0x89, 'i64.rotr': 0x8a,
  'i32.wrap_i64': 0xa7, 'i64.extend_i32_s': 0xac, 'i64.extend_i32_u': 0xad,
} as const;

/** Vector instructions that take everything from the stack (§5.4.8). */
const VECTOR_OPERATORS = {
  'i32x4.splat': 0x11, 'i64x2.splat': 0x12,
  'v128.not': 0x4d, 'v128.and': 0x4e, 'v128.andnot': 0x4f, 'v128.or': 0x50, 'v128.xor': 0x51,
  'v128.bitselect': 0x52, 'v128.any_true': 0x53,
  'i32x4.shl': 0xab, 'i32x4.shr_s': 0xac, 'i32x4.shr_u': 0xad, 'i32x4.add': 0xae, 'i32x4.sub': 0xb1,
  'i32x4.mul': 0xb5, 'i16x8.shl': 0x8b, 'i16x8.shr_u': 0x8d,
  'i64x2.shl': 0xcb, 'i64x2.shr_s': 0xcc, 'i64x2.shr_u': 0xcd, 'i64x2.add': 0xce, 'i64x2.sub': 0xd1,
  'i64x2.mul': 0xd5, 'i64x2.extmul_low_i32x4_s': 0xdc, 'i64x2.extmul_high_i32x4_s': 0xdd,
  'i64x2.extmul_low_i32x4_u': 0xde, 'i64x2.extmul_high_i32x4_u': 0xdf,
} as const;

/** Vector instructions that name a lane (§5.4.8). */
const LANE_OPERATORS = {
  'i32x4.extract_lane': 0x1b, 'i32x4.replace_lane': 0x1c,
  'i64x2.extract_lane': 0x1d, 'i64x2.replace_lane': 0x1e,
} as const;

/** Loads take an address; stores an address and a value (§5.4.6). */
const MEMORY = {
  'i32.load': 0x28, 'i64.load': 0x29, 'i32.load8_u': 0x2d, 'i32.load16_u': 0x2f,
  'i64.load8_u': 0x31, 'i64.load32_s': 0x34, 'i64.load32_u': 0x35,
  'i32.store': 0x36, 'i64.store': 0x37, 'i32.store8': 0x3a, 'i32.store16': 0x3b,
  'i64.store8': 0x3c, 'i64.store32': 0x3e,
} as const;

/** The same for vectors (§5.4.8). */
const VECTOR_MEMORY = {
  'v128.load': 0x00, 'v128.load32_splat': 0x09, 'v128.load64_splat': 0x0a, 'v128.store': 0x0b,
  'v128.load32_zero': 0x5c, 'v128.load64_zero': 0x5d,
} as const;

/** Loads and stores of one lane: they take an address and a vector, and loads give one (§5.4.8). */
const LANE_MEMORY = {
  'v128.load32_lane': 0x56, 'v128.load64_lane': 0x57,
  'v128.store32_lane': 0x5a, 'v128.store64_lane': 0x5b,
} as const;

/** Instructions without immediates (§5.4): scalar and vector ones. */
export type WasmOperator = keyof typeof OPERATORS | keyof typeof VECTOR_OPERATORS;
/** Loads and stores (§5.4.6), of numbers and vectors. */
export type WasmAccess = keyof typeof MEMORY | keyof typeof VECTOR_MEMORY;

/** Unsigned LEB128 (§5.2.2). */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128. */
function signed(value: bigint): number[] {
  const isLast = value >= -64n && value < 64n;
  const low = Number(value & 0x7fn);
  return isLast ? [low] : [low | 0x80, ...signed(value >> 7n)];
}

function has<Table extends object>(table: Table, key: PropertyKey): key is keyof Table {
  return Object.hasOwn(table, key);
}

/** One function: its type, its locals and its instructions, in the order of the calls made here. */
export class WasmCode {
  readonly #params: readonly WasmType[];
  readonly #result: WasmType | undefined;
  readonly #locals: WasmType[] = [];
  readonly #bytes: number[] = [];
  /** Where the index of a function is still to be put, and that function's name. */
  readonly #calls: [position: number, name: string][] = [];

  /**
   * @param params the types of the parameters, which are the locals from 0 on
   * @param result what the function leaves on the stack at its end, if anything
   */
  constructor(params: readonly WasmType[], result?: WasmType) {
    this.#params = params;
    this.#result = result;
  }

  /** Adds `count` locals, zero at first, and returns the number of the first, at any time. */
  local(type: WasmType, count = 1): number {
    const first = this.#params.length + this.#locals.length;
    for (let i = 0; i < count; i++) this.#locals.push(type);
    return first;
  }

  get(local: number): this {
    return this.#emit(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.#emit(0x21, ...unsigned(local));
  }

  /** As {@link set}, but leaves the value on the stack. */
  tee(local: number): this {
    return this.#emit(0x22, ...unsigned(local));
  }

  /** Pushes 32 bits, signed or unsigned. */
  i32(value: number): this {
    return this.#emit(0x41, ...signed(BigInt(value | 0)));
  }

  /** Pushes 64 bits, signed or unsigned; a number must be an integer. */
  i64(value: number | bigint): this {
    return this.#emit(0x42, ...signed(BigInt.asIntN(64, BigInt(value))));
  }

  /** Pushes a vector of four words: of the same one four times, if only one is given. */
  i32x4(...words: readonly [number] | readonly [number, number, number, number]): this {
    const lanes = words.length === 1 ? [words[0], words[0], words[0], words[0]] : words;
    const bytes = lanes.flatMap((word) => [word, word >>> 8, word >>> 16, word >>> 24]);
    return this.#simd(0x0c, ...bytes.map((byte) => byte & 0xff));
  }

  /** Pushes a vector of two 64-bit integers: of the same one twice, if only one is given. */
  i64x2(low: number | bigint, high = low): this {
    const words = [low, high].flatMap((value) => [BigInt(value), BigInt(value) >> 32n]);
    const [a, b, c, d] = words.map((word) => Number(BigInt.asUintN(32, word)));
    return this.i32x4(a!, b!, c!, d!);
  }

  /** Instructions, one after the other, that take their operands from the stack. */
  op(...names: readonly WasmOperator[]): this {
    for (const name of names) {
      if (has(OPERATORS, name)) this.#emit(OPERATORS[name]);
      else this.#simd(VECTOR_OPERATORS[name]);
    }
    return this;
  }

  /** Takes out or replaces one lane of a vector. */
  lane(name: keyof typeof LANE_OPERATORS, lane: number): this {
    return this.#simd(LANE_OPERATORS[name], lane);
  }

  /** Loads from or stores at the address on the stack and `offset`, which need not be aligned. */
  memory(name: WasmAccess, offset = 0): this {
    if (has(MEMORY, name)) return this.#emit(MEMORY[name], 0, ...unsigned(offset));
    return this.#simd(VECTOR_MEMORY[name], 0, ...unsigned(offset));
  }

  /** As {@link memory}, of one lane of the vector that lies on the stack above the address. */
  memoryLane(name: keyof typeof LANE_MEMORY, offset: number, lane: number): this {
    return this.#simd(LANE_MEMORY[name], 0, ...unsigned(offset), lane);
  }

  /** Takes an address, a byte and a count, and fills that much memory. */
  fill(): this {
    return this.#emit(0xfc, 0x0b, 0);
  }

  /** Takes two vectors, whose bytes are 0 to 15 and 16 to 31, and gives 16 of them. */
  shuffle(bytes: readonly number[]): this {
    return this.#simd(0x0d, ...bytes);
  }

  /** Starts a block: a branch to it goes to its {@link end}. Blocks neither take nor give values. */
  block(): this {
    return this.#emit(0x02, 0x40);
  }

  /** Starts a loop: a branch to it goes back to here. */
  loop(): this {
    return this.#emit(0x03, 0x40);
  }

  /** Takes an i32, and skips what follows, up to {@link otherwise} or {@link end}, if it is 0. */
  if(): this {
    return this.#emit(0x04, 0x40);
  }

  otherwise(): this {
    return this.#emit(0x05);
  }

  /** Ends a block, loop or if. */
  end(): this {
    return this.#emit(0x0b);
  }

  /** Branches to the block or loop so many levels out; 0 is the innermost. */
  br(depth: number): this {
    return this.#emit(0x0c, ...unsigned(depth));
  }

  /** Takes an i32, and branches if it is not 0. */
  brIf(depth: number): this {
    return this.#emit(0x0d, ...unsigned(depth));
  }

  /** Calls another function of the same module, by the name that it has there. */
  call(name: string): this {
    this.#emit(0x10, 0);
    this.#calls.push([this.#bytes.length - 1, name]);
    return this;
  }

  /** Adds to an i32. */
  advance(local: number, by: number): this {
    return this.get(local).i32(by).op('i32.add').set(local);
  }

  /** Ends a loop: goes back to its start if the i32, signed, is above 0. */
  repeatWhilePositive(local: number): this {
    return this.get(local).i32(0).op('i32.gt_s').brIf(0).end();
  }

  /** The function's type, for the type section (§5.3.6). */
  type(): number[] {
    const results = this.#result === undefined ? [] : [TYPES[this.#result]];
    const params = this.#params.map((type) => TYPES[type]);
    return [0x60, ...unsigned(params.length), ...params, results.length, ...results];
  }

  /**
   * The function's body, for the code section (§5.5.13).
   *
   * @param functions the names of the module's functions in their order, fewer than 128
   */
  body(functions: readonly string[]): number[] {
    const bytes = this.#bytes.slice();
    for (const [position, name] of this.#calls) bytes[position] = functions.indexOf(name);
    const runs: [count: number, type: WasmType][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const locals = runs.flatMap(([count, type]) => [...unsigned(count), TYPES[type]]);
    const length = unsigned(runs.length).length + locals.length + bytes.length + 1;
    return unsigned(length).concat(unsigned(runs.length), locals, bytes, 0x0b);
  }

  #simd(opcode: number, ...operands: number[]): this {
    return this.#emit(0xfd, ...unsigned(opcode), ...operands);
  }

  #emit(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }
}

/**
 * What a module of ours exports: all its functions, and 64 KiB of memory for each page. An i32 is a
 * number, signed in results; functions with an i64 or v128 are there for other functions to call.
 */
export type WasmExports<Name extends string> = Readonly<
  Record<Name, (...parameters: number[]) => number>
> & { readonly memory: { readonly buffer: ArrayBuffer } };

/**
 * Compiles functions into a module of its own memory.
 *
 * @param pages how much memory, in units of 64 KiB
 */
export function wasmModule<Name extends string>(
  functions: Readonly<Record<Name, WasmCode>>,
  pages = 1,
): WasmExports<Name> {
  const names = Object.keys(functions) as Name[];
  const section = (id: number, items: readonly number[][]): number[] => {
    const content = unsigned(items.length).concat(...items);
    return [id].concat(unsigned(content.length), content);
  };
  const name = (text: string): number[] => [
    text.length, ...Array.from(text, (character) => character.charCodeAt(0)),
  ];
  const exports = names.map((text, i) => [...name(text), 0, ...unsigned(i)]);
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, names.map((text) => functions[text].type())),
    section(3, names.map((_, i) => unsigned(i))),
    section(5, [[0, ...unsigned(pages)]]),
    section(7, [...exports, [...name('memory'), 2, 0]]),
    section(10, names.map((text) => functions[text].body(names))),
  ].flat();
  const module = new WebAssembly.Module(Uint8Array.from(bytes));
  return new WebAssembly.Instance(module).exports as WasmExports<Name>;
}
