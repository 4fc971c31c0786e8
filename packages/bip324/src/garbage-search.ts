import { MAX_GARBAGE_LEN } from './garbage.ts';
import { GARBAGE_TERMINATOR_LEN } from './key-schedule.ts';

const NOTHING: Uint8Array = new Uint8Array(0);
const MAX_LEN = MAX_GARBAGE_LEN + GARBAGE_TERMINATOR_LEN;

/**
 * Looks for the 16 bytes that end the peer's garbage, and keeps the garbage: it is authenticated
 * with the first packet.
 *
 * Each position is looked at once, however the bytes are cut. The time of a comparison tells where
 * bytes differ from the terminator, which is no secret by then: the peer sends it in the clear.
 */
export class GarbageSearch {
  readonly #terminator: Uint8Array;
  #bytes = NOTHING;
  #length = 0;
  #garbage: Uint8Array | undefined;

  constructor(terminator: Uint8Array) {
    this.#terminator = terminator;
  }

  /** Bytes that came, as long as the terminator has not. */
  get bufferedBytes(): number {
    return this.#garbage === undefined ? this.#length : 0;
  }

  /** The garbage, once its end was found. */
  get garbage(): Uint8Array | undefined {
    return this.#garbage;
  }

  /** Whether so much came that the terminator cannot come any more. */
  get hasFailed(): boolean {
    return this.#garbage === undefined && this.#length === MAX_LEN;
  }

  /** Takes bytes of `data` from `offset` on. Returns where those begin that it has no use for. */
  receive(data: Uint8Array, offset: number): number {
    const before = this.#length;
    const taken = Math.min(data.length - offset, MAX_LEN - before);
    this.#keep(data.subarray(offset, offset + taken));
    const last = this.#length - GARBAGE_TERMINATOR_LEN;
    for (let at = Math.max(0, before - GARBAGE_TERMINATOR_LEN + 1); at <= last; at++) {
      if (!this.#isTerminator(at)) continue;
      this.#garbage = this.#bytes.slice(0, at);
      this.#bytes = NOTHING;
      return offset + at + GARBAGE_TERMINATOR_LEN - before;
    }
    return offset + taken;
  }

  #isTerminator(at: number): boolean {
    for (let i = 0; i < GARBAGE_TERMINATOR_LEN; i++) {
      if (this.#bytes[at + i] !== this.#terminator[i]) return false;
    }
    return true;
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(MAX_LEN, Math.max(2 * length, 256)));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }
}
