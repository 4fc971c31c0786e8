// Bytes that were a message until something happened to them.
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  BLOCK_HEADER_SIZE,
  BlockView,
  decodeMessage,
  DecodeError,
  encode,
  encodeMessage,
  hasWitness,
  messages,
  type MessageType,
  Reader,
  strippedSize,
  Transaction,
} from '../src/index.ts';
import { scanTransaction } from '../src/scan.ts';
import { block, messageOf, transaction } from './support/arbitraries.ts';
import { same } from './support/bytes.ts';

// Half a million errors are made here, and their stack traces would take most of the time.
Error.stackTraceLimit = 0;

/** mulberry32: enough for choosing bytes, and the same every time. */
function below(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

/** Lengths that are in no proportion to the bytes behind them, or in a form that is not the shortest. */
const LENGTHS = [
  [0xfc],
  [0xfd, 0, 0],
  [0xfd, 0xfc, 0],
  [0xfd, 0xfd, 0],
  [0xfd, 0xff, 0xff],
  [0xfe, 0, 0, 1, 0],
  [0xfe, 0, 0, 0, 2],
  [0xfe, 1, 0, 0, 2],
  [0xfe, 0xff, 0xff, 0xff, 0xff],
  [0xfe, 0xff, 0xff, 0, 0],
  [0xff, 0, 0, 0, 0, 1, 0, 0, 0],
  [0xff, 255, 255, 255, 255, 255, 255, 255, 255],
];

/** `bytes` with `remove` of them, from `at` on, replaced. */
function splice(
  bytes: Uint8Array,
  at: number,
  remove: number,
  insert: ArrayLike<number>
): Uint8Array {
  const end = Math.min(at + remove, bytes.length);
  const out = new Uint8Array(at + insert.length + bytes.length - end);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(end), at + insert.length);
  return out;
}

/** One to three things happen to a copy of the bytes. */
function mutate(original: Uint8Array, random: (limit: number) => number): Uint8Array {
  let bytes = original;
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(bytes.length + 1);
    switch (random(6)) {
      case 0: {
        const flipped = bytes[at] ?? 0;
        bytes = splice(bytes, at, 1, [flipped ^ (1 << random(8))]);
        break;
      }
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        bytes = splice(
          bytes,
          at,
          0,
          Array.from({ length: 1 + random(9) }, () => random(256))
        );
        break;
      case 3:
        bytes = splice(bytes, at, 1 + random(9), []);
        break;
      case 4:
        bytes = splice(bytes, at, 1, LENGTHS[random(LENGTHS.length)]!);
        break;
      default:
        bytes = splice(bytes, at, 0, bytes.subarray(at, at + random(50)));
    }
  }
  return bytes;
}

/** What reading gives: the value, or the fault. Anything else thrown goes on. */
function outcome<T>(read: () => T): T | DecodeError {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

const PER_TYPE = 10_000;
const EMPTY = messages.verack.codec;
const TYPES = (Object.keys(messages) as MessageType[]).filter(
  (type) => messages[type].codec !== EMPTY
);

describe('10,000 mutations of each message give a value or a DecodeError', () => {
  test.each(TYPES)('%s', (type) => {
    const random = below(0x5eed);
    const originals = fc.sample(messageOf(type), { seed: 0x5eed, numRuns: 100 }).map(encodeMessage);
    const counts = { decoded: 0, refused: 0 };
    for (let i = 0; i < PER_TYPE; i++) {
      const bytes = mutate(originals[i % originals.length]!, random);
      const result = outcome(() => decodeMessage(type, bytes));
      if (result instanceof DecodeError) {
        counts.refused++;
        const { offset } = result;
        const isInside = Number.isInteger(offset) && offset >= 0 && offset <= bytes.length;
        if (!isInside) throw new Error(`offset ${offset}`);
        continue;
      }
      counts.decoded++;
      // What was read can be written, and what is written is read as the same again.
      const encoded = encodeMessage(result);
      if (!same(encodeMessage(decodeMessage(type, encoded)), encoded))
        throw new Error('not stable');
    }
    expect(counts.decoded + counts.refused).toBe(PER_TYPE);
    expect(counts.decoded).toBeGreaterThan(0);
    // Old pings have no form that is wrong.
    expect(counts.refused > 0).toBe(type !== 'ping' && type !== 'pong');
  });
});

describe('a scan agrees with a decode', () => {
  const describeScan = (bytes: Uint8Array, start: number): unknown =>
    outcome(() => {
      const scan = { bytes, offset: start, witnessOffset: 0, stripped: 0 };
      scanTransaction(scan);
      return {
        end: scan.offset - start,
        stripped: scan.stripped,
        hasWitness: scan.witnessOffset !== 0,
      };
    });
  const describeRead = (bytes: Uint8Array, start: number): unknown =>
    outcome(() => {
      const reader = new Reader(bytes.subarray(start));
      const read = Transaction.read(reader);
      return { end: reader.offset, stripped: strippedSize(read), hasWitness: hasWitness(read) };
    });
  const codeOf = (result: unknown): unknown =>
    result instanceof DecodeError ? result.code : result;

  test('transactions: 50,000 mutations, and every truncation', () => {
    const random = below(1);
    const originals = fc
      .sample(transaction, { seed: 1, numRuns: 300 })
      .map((t) => encode(Transaction, t));
    const codes = new Map<unknown, number>();
    const compare = (bytes: Uint8Array, start: number): void => {
      const scanned = codeOf(describeScan(bytes, start));
      const read = codeOf(describeRead(bytes, start));
      const isEqual =
        typeof read === 'string'
          ? scanned === read
          : JSON.stringify(scanned) === JSON.stringify(read);
      if (!isEqual) expect({ bytes, scanned }).toEqual({ bytes, scanned: read });
      const code = typeof read === 'string' ? read : 'decoded';
      codes.set(code, (codes.get(code) ?? 0) + 1);
    };
    for (let i = 0; i < 50_000; i++) compare(mutate(originals[i % originals.length]!, random), 0);
    for (const bytes of originals.slice(0, 100)) {
      for (let length = 0; length <= bytes.length; length++) compare(bytes.subarray(0, length), 0);
      for (let start = 0; start < Math.min(bytes.length, 8); start++) compare(bytes, start);
    }
    expect([...codes.keys()].sort()).toEqual([
      'decoded',
      'non-canonical-size',
      'size-too-large',
      'superfluous-witness',
      'truncated',
      'unknown-transaction-flags',
    ]);
  });

  test('blocks: 20,000 mutations', () => {
    /** A block read transaction by transaction. */
    const read = (bytes: Uint8Array): unknown => {
      const reader = new Reader(bytes);
      reader.bytes(BLOCK_HEADER_SIZE);
      const count = reader.count(Infinity, 10);
      let stripped = reader.offset;
      for (let i = 0; i < count; i++) stripped += strippedSize(Transaction.read(reader));
      reader.end();
      return { count, stripped };
    };
    const view = (bytes: Uint8Array): unknown => {
      const { transactionCount, strippedSize } = BlockView.of(bytes);
      return { count: transactionCount, stripped: strippedSize };
    };
    const random = below(2);
    const originals = fc.sample(block, { seed: 2, numRuns: 200 }).map(({ bytes }) => bytes);
    let decoded = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = mutate(originals[i % originals.length]!, random);
      const [viewed, expected] = [outcome(() => view(bytes)), outcome(() => read(bytes))].map(
        codeOf
      );
      if (typeof expected !== 'string') decoded++;
      if (JSON.stringify(viewed) !== JSON.stringify(expected))
        expect({ bytes, viewed }).toEqual({ bytes, viewed: expected });
    }
    expect(decoded).toBeGreaterThan(500);
  });
});
