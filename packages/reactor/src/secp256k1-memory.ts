import { KEY, NUMBER, secp256k1Module, SECRETS_SIZE } from './secp256k1-code.ts';
import { ELEMENT_SIZE } from './secp256k1-field.ts';

/** The WebAssembly of secp256k1 with its memory. */
export class Secp256k1Memory {
  readonly wasm: ReturnType<typeof secp256k1Module> = secp256k1Module();
  readonly #words: BigUint64Array = new BigUint64Array(this.wasm.memory.buffer);
  readonly #bytes: Uint8Array = new Uint8Array(this.wasm.memory.buffer);

  /** Puts an integer from 0 to p - 1 at the address, as an element. */
  write(address: number, value: bigint): void {
    const first = NUMBER / 8;
    // What is assigned to an element of this array is the value's low 64 bits.
    this.#words[first] = value;
    this.#words[first + 1] = value >> 64n;
    this.#words[first + 2] = value >> 128n;
    this.#words[first + 3] = value >> 192n;
    this.wasm.unpack(address, NUMBER);
  }

  /** The integer from 0 to p - 1 that is the element at the address. */
  read(address: number): bigint {
    this.wasm.pack(NUMBER, address);
    const first = NUMBER / 8;
    const [low, next] = [this.#words[first]!, this.#words[first + 1]!];
    const high = (this.#words[first + 3]! << 64n) | this.#words[first + 2]!;
    return (high << 128n) | (next << 64n) | low;
  }

  /** Copies an element, or as many bytes as are said. */
  copy(to: number, from: number, size: number = ELEMENT_SIZE): void {
    this.#bytes.copyWithin(to, from, from + size);
  }

  writeKey(secretKey: Uint8Array): void {
    this.#bytes.set(secretKey, KEY);
  }

  /** Overwrites all that has been computed and may tell of a key. */
  wipe(): void {
    this.#bytes.fill(0, 0, SECRETS_SIZE);
  }
}
