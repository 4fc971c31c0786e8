// Messages made to cost the receiver more than the sender.
import { describe, expect, test } from '@jest/globals';
import { memoryOf } from '@btcp2p/testdata';
import { BlockView, decodeMessage, DecodeError, messages, type MessageType } from '../src/index.ts';
import { concat, hex } from './support/bytes.ts';

const TYPES = Object.keys(messages) as MessageType[];

function outcome(type: MessageType, bytes: Uint8Array): unknown {
  try {
    return decodeMessage(type, bytes);
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
}

describe('30 bytes that announce billions of everything', () => {
  /** Counts that are the largest of their form, the largest that Core reads, and beyond. */
  const COUNTS = [
    'fc',
    'fdffff',
    'fe00000002',
    'feffffffff',
    'ff0000000001000000',
    'ffffffffffffffffff',
  ].map(hex);
  /** Every count, twice, in every place of 30 bytes, among zeros and among ones. */
  const set = [0, 1].flatMap((filling) =>
    COUNTS.flatMap((count) =>
      Array.from({ length: 30 }, (_, at) => {
        const rest = new Uint8Array(30).fill(filling);
        return concat([rest.subarray(0, at), count, count, rest]).slice(0, 30);
      })
    )
  );

  test('leave nothing behind, whatever the type', () => {
    let results: unknown[] = [];
    const { buffers, heap } = memoryOf(() => {
      results = TYPES.flatMap((type) => set.map((bytes) => outcome(type, bytes)));
      return results;
    });
    expect(results).toHaveLength(TYPES.length * 360);
    // 14,000 messages of 30 bytes, of which about every third decodes to a few small objects.
    expect(buffers).toBeLessThan(100_000);
    expect(heap).toBeLessThan(10_000_000);
  });

  test('a long message whose counts are nested: each level is held against the bytes that remain', () => {
    // 16 MB of inputs announced within 3 MB, of witnesses within what is left, and so on.
    const size = 3_000_000;
    const rest = new Uint8Array(size);
    const many = hex('fe00000002');
    for (const [type, prefix] of [
      ['tx', hex('01000000')],
      ['tx', hex('01000000 0001')],
      ['tx', hex(`01000000 0001 01 ${'00'.repeat(41)}`)],
      ['tx', hex(`01000000 0001 01 ${'00'.repeat(41)} 00`)],
      ['block', new Uint8Array(80)],
      ['blocktxn', new Uint8Array(32)],
      ['cmpctblock', new Uint8Array(88)],
      ['cmpctblock', new Uint8Array(89)],
    ] as const) {
      let result: unknown;
      const bytes = concat([prefix, many, rest]);
      const { buffers, heap } = memoryOf(() => (result = outcome(type, bytes)));
      expect(result).toBe('truncated');
      expect(buffers).toBeLessThan(100_000);
      expect(heap).toBeLessThan(1_000_000);
    }
  });
});

describe('4 MB that hold as many things as they can', () => {
  const count = (n: number): Uint8Array =>
    n < 0x1_0000
      ? Uint8Array.of(0xfd, n & 0xff, n >> 8)
      : Uint8Array.of(0xfe, n & 0xff, (n >> 8) & 0xff, n >> 16, 0);
  const many = (prefix: string, n: number, size: number, suffix = 0): Uint8Array =>
    concat([hex(prefix), count(n), new Uint8Array(n * size + suffix)]);
  const zeros = (n: number): string => '00'.repeat(n);

  function witnessItems(n: number, size: 0 | 1): Uint8Array {
    const items = new Uint8Array(n * (1 + size)).map((_, i) => (i % 2 === 0 ? size : 0));
    return concat([hex(`01000000 0001 01 ${zeros(41)} 00`), count(n), items, new Uint8Array(4)]);
  }

  // Held bytes for each byte received. A view of a few bytes costs about a hundred of them.
  const cases: readonly [type: MessageType, what: string, most: number, payload: Uint8Array][] = [
    ['inv', '50,000 entries', 10, many('', 50_000, 36)],
    ['addr', '1,000 addresses', 30, many('', 1_000, 30)],
    ['addrv2', '1,000 empty addresses', 60, many('', 1_000, 9)],
    ['headers', '2,000 headers', 10, many('', 2_000, 81)],
    ['cfheaders', '2,000 hashes', 10, many(zeros(65), 2_000, 32)],
    ['cfcheckpt', '124,000 headers', 10, many(zeros(33), 124_000, 32)],
    ['merkleblock', '16,666 hashes', 10, many(zeros(84), 16_666, 32, 1)],
    ['cmpctblock', '65,535 short ids', 30, many(zeros(88), 65_535, 6, 1)],
    ['getblocktxn', '65,536 indexes', 30, many(zeros(32), 65_536, 1)],
    ['block', '390,000 transactions', 3, many(zeros(80), 390_000, 10)],
    ['filterload', '3 MB of filter', 1, many('', 3_000_000, 1, 9)],
    ['version', 'a long user agent', 100, many(zeros(80), 256, 1, 5)],
    // Views: what is in them costs nothing until somebody asks for it. (1: what is measured is noisy.)
    ['tx', '200,000 empty witness items', 1, witnessItems(200_000, 0)],
    ['tx', '200,000 witness items of one byte', 1, witnessItems(200_000, 1)],
    ['tx', '40,000 outputs', 1, many(`01000000 01 ${zeros(41)}`, 40_000, 9, 4)],
    ['tx', '10,000 inputs', 1, many('01000000', 10_000, 41, 5)],
    ['blocktxn', '40,000 transactions', 40, many(zeros(32), 40_000, 10)],
  ];

  test.each(cases)('%s: %s', (type, _what, most, payload) => {
    let result: unknown;
    const { buffers, heap } = memoryOf(() => (result = outcome(type, payload)));
    expect(result).toMatchObject({ type });
    expect(buffers + heap).toBeLessThan(most * payload.length + 20_000);
  });

  test('a block of 4 MB is checked without an object for each of its parts', () => {
    // One transaction whose only input has 3,900,000 empty witness items.
    const n = 3_900_000;
    const start = concat([
      new Uint8Array(80),
      hex(`01 01000000 0001 01 ${zeros(41)} 00`),
      count(n),
    ]);
    const bytes = concat([start, new Uint8Array(n + 4)]);
    let view: BlockView | undefined;
    const { buffers, heap } = memoryOf(() => (view = BlockView.of(bytes)));
    expect(view?.hasWitness(0)).toBe(true);
    expect(buffers + heap).toBeLessThan(50_000);
  });
});
