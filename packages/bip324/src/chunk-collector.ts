const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * A chunk of this many bytes is kept as it is. Smaller ones are copied together, since an array
 * object has some 100 bytes of its own, and a view pins all that it is a view of. Our choice: small
 * enough that what a socket gives under load is not copied twice.
 */
const MIN_KEPT_SIZE = 16_384;

/** Blocks into which small chunks are copied grow from one to the other. Our choice, as above. */
const MIN_BLOCK_SIZE = 1_024;
const MAX_BLOCK_SIZE = 65_536;

/**
 * Collects chunks until they are wanted in one piece. What it holds is at most about twice what has
 * come, whatever is expected; and a large chunk is copied once, when all is joined.
 */
export class ChunkCollector {
  #full: Uint8Array[] = [];
  /** What small chunks are copied to, and how much of it is in use. */
  #block = NOTHING;
  #used = 0;
  #length = 0;

  /** Bytes that have come. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes a chunk, which must not change from then on.
   *
   * @param expected how many bytes will come at most, this chunk included
   */
  add(chunk: Uint8Array, expected = Infinity): void {
    const fitting = chunk.subarray(0, this.#block.length - this.#used);
    this.#copy(fitting);
    const rest = chunk.subarray(fitting.length);
    if (rest.length === 0) return;
    if (rest.length >= MIN_KEPT_SIZE) return this.#keep(rest);
    this.#closeBlock();
    const size = Math.min(Math.max(this.#length, MIN_BLOCK_SIZE), MAX_BLOCK_SIZE);
    this.#block = new Uint8Array(Math.min(Math.max(size, rest.length), expected - fitting.length));
    this.#copy(rest);
  }

  /** All that came and `last`, in one array, which may be one that came. Nothing is held after it. */
  take(last = NOTHING): Uint8Array {
    if (last.length <= this.#block.length - this.#used) this.#copy(last);
    else this.#keep(last);
    this.#closeBlock();
    const joined = this.#full.length === 1 ? this.#full[0]! : this.#joined();
    this.clear();
    return joined;
  }

  /** Drops all. */
  clear(): void {
    this.#full = [];
    this.#block = NOTHING;
    this.#used = 0;
    this.#length = 0;
  }

  #joined(): Uint8Array {
    const joined = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#full) {
      joined.set(part, offset);
      offset += part.length;
    }
    return joined;
  }

  #copy(chunk: Uint8Array): void {
    this.#block.set(chunk, this.#used);
    this.#used += chunk.length;
    this.#length += chunk.length;
  }

  #keep(chunk: Uint8Array): void {
    this.#closeBlock();
    this.#full.push(chunk);
    this.#length += chunk.length;
  }

  #closeBlock(): void {
    if (this.#used > 0) this.#full.push(this.#block.subarray(0, this.#used));
    this.#block = NOTHING;
    this.#used = 0;
  }
}
