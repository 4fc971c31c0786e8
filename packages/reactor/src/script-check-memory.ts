import { scriptErrors, type ScriptError } from '@btcp2p/script';
import type { TxOut } from '@btcp2p/wire';

/** Core `MAX_BLOCK_SERIALIZED_SIZE` (consensus/consensus.h), bytes: no larger block is shared. */
const MAX_BLOCK_SIZE = 4_000_000;

/** Transactions of a valid block have 60 bytes and more, and inputs 41. */
const MAX_TRANSACTIONS = Math.ceil(MAX_BLOCK_SIZE / 60);
const MAX_BATCHES = Math.ceil(MAX_BLOCK_SIZE / 41);

// Words of the head. NEXT is the batch to be taken next, READY how many there are. DONE is how many are
// through, and FAILED the number plus 1 of the batch with the first failure that is known, or 0; a
// thread that died may have left these two behind what the results say, which count.
const NEXT = 0;
const READY = 1;
const DONE = 2;
const FAILED = 3;
const FLAGS = 4;
const HEAD_WORDS = 8;

// Words of a batch.
const ENTRY = 0;
const FIRST = 1;
const COUNT = 2;
const RESULT = 3;
const BATCH_WORDS = 4;

// Words of a transaction: its place in the block, its bytes, and where its prevouts are.
const PLACE = 0;
const START = 1;
const END = 2;
const CHUNK = 3;
const OFFSET = 4;
const INPUTS = 5;
const ENTRY_WORDS = 6;

const BATCHES_AT = HEAD_WORDS;
const ENTRIES_AT = BATCHES_AT + MAX_BATCHES * BATCH_WORDS;
const WORDS = ENTRIES_AT + MAX_TRANSACTIONS * ENTRY_WORDS;

// Results: 0 is none yet; a failure is its input times 256, plus its error's number plus 2.
const HOLDS = 1;

/** Memory for prevouts is taken in pieces of this many bytes, or of more for one large transaction. */
const CHUNK_BYTES = 1 << 20;

/** What stands in front of the script of a prevout: its value, the script's length. */
const PREVOUT_HEAD = 8 + 4;

/** Some inputs of one transaction, in a row. */
export interface InputBatch {
  /** The number of the transaction among those that were added. */
  readonly entry: number;
  readonly first: number;
  readonly count: number;
}

/** What came of a batch: its first input that fails, or nothing of that kind. */
export type BatchResult = { readonly input: number; readonly error: ScriptError } | undefined;

/** Where a transaction is in its block. */
export interface TransactionPlace {
  /** Its number in the block. */
  readonly transaction: number;
  /** Its first byte, and the one behind it. */
  readonly start: number;
  readonly end: number;
}

/** The inputs of a block, in memory that several threads see, and how far they are checked. */
export class ScriptCheckMemory {
  readonly memory: SharedArrayBuffer;
  /** Memory for prevouts. The owner adds to it, and sends helpers what it added. */
  readonly chunks: SharedArrayBuffer[] = [];
  readonly #words: Int32Array;
  readonly #block: Uint8Array;
  #entries = 0;
  #chunk = 0;
  #offset = 0;

  /** New memory, or what another thread made. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * WORDS + MAX_BLOCK_SIZE)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#block = new Uint8Array(memory, 4 * WORDS);
  }

  /** Whether a block is small enough. */
  static fits(bytes: number, transactions: number): boolean {
    return bytes <= MAX_BLOCK_SIZE && transactions <= MAX_TRANSACTIONS;
  }

  /** Bytes of all chunks. */
  get chunkBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  // What the owner does.

  /** Starts a block. Nobody may be reading the memory. */
  reset(block: Uint8Array, flags: number): void {
    this.#block.set(block);
    this.#words.fill(0, 0, HEAD_WORDS);
    this.#words[FLAGS] = flags;
    this.#entries = 0;
    this.#chunk = 0;
    this.#offset = 0;
  }

  /** Whether one more transaction, and so many batches, have room. */
  hasRoom(batches: number): boolean {
    return this.#entries < MAX_TRANSACTIONS && this.ready + batches <= MAX_BATCHES;
  }

  /** Adds a transaction, whose inputs are not ready yet. Its number is one more than the last one's. */
  addTransaction(place: TransactionPlace, prevouts: readonly TxOut[]): void {
    let size = 0;
    for (const { scriptPubKey } of prevouts) size += PREVOUT_HEAD + scriptPubKey.length;
    this.#reserve(size);
    const at = ENTRIES_AT + this.#entries++ * ENTRY_WORDS;
    this.#words[at + PLACE] = place.transaction;
    this.#words[at + START] = place.start;
    this.#words[at + END] = place.end;
    this.#words[at + CHUNK] = this.#chunk;
    this.#words[at + OFFSET] = this.#offset;
    this.#words[at + INPUTS] = prevouts.length;
    this.#offset = writePrevouts(this.chunks[this.#chunk]!, this.#offset, prevouts);
  }

  /** Goes on to a chunk with room. */
  #reserve(size: number): void {
    for (; this.#chunk < this.chunks.length; this.#chunk++, this.#offset = 0) {
      if (this.chunks[this.#chunk]!.byteLength - this.#offset >= size) return;
    }
    this.chunks.push(new SharedArrayBuffer(Math.max(CHUNK_BYTES, size)));
  }

  /** Makes batches ready to be taken. */
  addBatches(batches: readonly InputBatch[]): void {
    const { ready } = this;
    let at = BATCHES_AT + ready * BATCH_WORDS;
    for (const { entry, first, count } of batches) {
      this.#words[at + ENTRY] = entry;
      this.#words[at + FIRST] = first;
      this.#words[at + COUNT] = count;
      this.#words[at + RESULT] = 0;
      at += BATCH_WORDS;
    }
    Atomics.store(this.#words, READY, ready + batches.length);
  }

  /**
   * Waits until all batches are done, or a time is over, milliseconds.
   *
   * @param done how many were when that was last looked at
   */
  waitDone(done: number, timeout: number): void {
    Atomics.wait(this.#words, DONE, done, timeout);
  }

  /** How many batches in a row from `first` on are done, plus `first`. */
  firstUndone(first: number): number {
    const { ready } = this;
    let number = first;
    while (number < ready && this.isDone(number)) number++;
    return number;
  }

  /** The failure that comes first in the block, when all is done. */
  failure(): (NonNullable<BatchResult> & { readonly transaction: number }) | undefined {
    const { ready } = this;
    let failed = -1;
    for (let number = 0; number < ready; number++) {
      if (this.#resultOf(number) === HOLDS) continue;
      if (failed < 0 || this.#comesBefore(number, failed)) failed = number;
    }
    if (failed < 0) return undefined;
    return { transaction: this.#placeOf(failed), ...decodeFailure(this.#resultOf(failed)) };
  }

  // What everybody does.

  get flags(): number {
    return this.#words[FLAGS]!;
  }

  get ready(): number {
    return Atomics.load(this.#words, READY);
  }

  get done(): number {
    return Atomics.load(this.#words, DONE);
  }

  /** How many batches nobody has taken. */
  get waiting(): number {
    return this.ready - Atomics.load(this.#words, NEXT);
  }

  /** The number of a batch that nobody else takes, -1 if none is left. */
  take(): number {
    for (;;) {
      const next = Atomics.load(this.#words, NEXT);
      if (next >= this.ready) return -1;
      if (Atomics.compareExchange(this.#words, NEXT, next, next + 1) === next) return next;
    }
  }

  batch(number: number): InputBatch {
    const at = BATCHES_AT + number * BATCH_WORDS;
    const words = this.#words;
    return { entry: words[at + ENTRY]!, first: words[at + FIRST]!, count: words[at + COUNT]! };
  }

  /** The bytes of a transaction, copied: what hashes them may not take shared memory. */
  transactionBytes(entry: number): Uint8Array {
    const at = ENTRIES_AT + entry * ENTRY_WORDS;
    return this.#block.slice(this.#words[at + START], this.#words[at + END]);
  }

  /** What the inputs of a transaction spend, copied. */
  prevouts(entry: number): TxOut[] {
    const at = ENTRIES_AT + entry * ENTRY_WORDS;
    const words = this.#words;
    return readPrevouts(this.chunks[words[at + CHUNK]!]!, words[at + OFFSET]!, words[at + INPUTS]!);
  }

  isDone(number: number): boolean {
    return this.#resultOf(number) !== 0;
  }

  #resultOf(number: number): number {
    return Atomics.load(this.#words, BATCHES_AT + number * BATCH_WORDS + RESULT);
  }

  /** Whether a failure is known that comes before this batch, so that its result does not matter. */
  isBehindFailure(number: number): boolean {
    const failed = Atomics.load(this.#words, FAILED);
    return failed !== 0 && this.#comesBefore(failed - 1, number);
  }

  /** Says what came of a batch. If two say it, it is the same, and counts once. */
  complete(number: number, result: BatchResult): void {
    const words = this.#words;
    const code = result === undefined ? HOLDS : encodeFailure(result);
    const at = BATCHES_AT + number * BATCH_WORDS + RESULT;
    if (Atomics.compareExchange(words, at, 0, code) !== 0) return;
    if (result !== undefined) this.#noteFailure(number);
    if (Atomics.add(words, DONE, 1) + 1 === this.ready) Atomics.notify(words, DONE);
  }

  #noteFailure(number: number): void {
    for (;;) {
      const failed = Atomics.load(this.#words, FAILED);
      if (failed !== 0 && this.#comesBefore(failed - 1, number)) return;
      if (Atomics.compareExchange(this.#words, FAILED, failed, number + 1) === failed) return;
    }
  }

  #comesBefore(a: number, b: number): boolean {
    const difference = this.#placeOf(a) - this.#placeOf(b);
    return difference === 0 ? this.batch(a).first < this.batch(b).first : difference < 0;
  }

  #placeOf(number: number): number {
    return this.#words[ENTRIES_AT + this.batch(number).entry * ENTRY_WORDS + PLACE]!;
  }
}

function encodeFailure({ input, error }: NonNullable<BatchResult>): number {
  return (input << 8) | (scriptErrors.indexOf(error) + 2);
}

function decodeFailure(code: number): NonNullable<BatchResult> {
  return { input: code >>> 8, error: scriptErrors[(code & 0xff) - 2]! };
}

function writePrevouts(chunk: SharedArrayBuffer, offset: number, prevouts: readonly TxOut[]): number {
  const view = new DataView(chunk);
  const bytes = new Uint8Array(chunk);
  let at = offset;
  for (const { value, scriptPubKey } of prevouts) {
    view.setBigInt64(at, value);
    view.setUint32(at + 8, scriptPubKey.length);
    bytes.set(scriptPubKey, at + PREVOUT_HEAD);
    at += PREVOUT_HEAD + scriptPubKey.length;
  }
  return at;
}

function readPrevouts(chunk: SharedArrayBuffer, offset: number, count: number): TxOut[] {
  const view = new DataView(chunk);
  const bytes = new Uint8Array(chunk);
  const prevouts: TxOut[] = [];
  let at = offset;
  for (let i = 0; i < count; i++) {
    const start = at + PREVOUT_HEAD;
    const end = start + view.getUint32(at + 8);
    prevouts.push({ value: view.getBigInt64(at), scriptPubKey: bytes.slice(start, end) });
    at = end;
  }
  return prevouts;
}
