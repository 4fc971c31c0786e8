import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  array,
  bool,
  bytes,
  type Codec,
  compactSizeSize,
  decode,
  DecodeError,
  encode,
  fromHex,
  hash32,
  hashFromHex,
  hashToHex,
  i32,
  i64,
  MAX_SIZE,
  Reader,
  sha256d,
  struct,
  toHex,
  u16,
  u32,
  u64,
  u8,
  varBytes,
  varBytesSize,
  varString,
  Writer,
} from '../src/index.ts';
import { fromBase32, toBase32 } from '../src/base32.ts';
import { hex, nativeSha256d } from './support/bytes.ts';

/** What reading `text` throws, as `code@offset`. */
function fault(text: string, read: (reader: Reader) => unknown): string {
  try {
    read(new Reader(hex(text)));
  } catch (error) {
    if (error instanceof DecodeError) return `${error.code}@${error.offset}`;
    throw error;
  }
  return 'none';
}

describe('CompactSize', () => {
  const FORMS: readonly [number, string][] = [
    [0, '00'],
    [0xfc, 'fc'],
    [0xfd, 'fdfd00'],
    [0xff, 'fdff00'],
    [0x100, 'fd0001'],
    [0xffff, 'fdffff'],
    [0x1_0000, 'fe00000100'],
    [MAX_SIZE, 'fe00000002'],
  ];

  test.each(FORMS)('%p is %s', (value, text) => {
    const writer = new Writer(new Uint8Array(compactSizeSize(value)));
    writer.compactSize(value);
    expect(writer.offset).toBe(compactSizeSize(value));
    expect(new Reader(hex(text)).compactSize()).toBe(value);
    expect(new Reader(hex(text)).compactSize64()).toBe(BigInt(value));
    const codec: Codec<number> = {
      size: compactSizeSize,
      write: (w, v) => w.compactSize(v),
      read: (r) => r.compactSize(),
    };
    expect(toHex(encode(codec, value))).toBe(text);
  });

  // Core serialize.h, ReadCompactSize; its serialize_tests.cpp has the non-canonical ones.
  test.each([
    ['', 'truncated@0'],
    ['fd', 'truncated@1'],
    ['fdff', 'truncated@1'],
    ['fe000001', 'truncated@1'],
    ['ff00000000010000', 'truncated@1'],
    ['fd0000', 'non-canonical-size@0'],
    ['fdfc00', 'non-canonical-size@0'],
    ['fe00000000', 'non-canonical-size@0'],
    ['feffff0000', 'non-canonical-size@0'],
    ['ff0000000000000000', 'non-canonical-size@0'],
    ['ffffffff0000000000', 'non-canonical-size@0'],
    ['ffffffffff00000000', 'non-canonical-size@0'],
    ['fe01000002', 'size-too-large@0'],
    ['feffffffff', 'size-too-large@0'],
    ['ff0000000001000000', 'size-too-large@0'],
    ['ff0000000000002000', 'size-too-large@0'],
    ['ffffffffffffffffff', 'size-too-large@0'],
  ])('%s is %s', (text, expected) => {
    expect(fault(text, (reader) => reader.compactSize())).toBe(expected);
    expect(fault(text, (reader) => reader.count(10, 1))).toBe(expected);
    expect(fault(text, (reader) => reader.varBytes())).toBe(expected);
    // As a number it has all 64 bits.
    const as64 = expected.startsWith('size-too-large') ? 'none' : expected;
    expect(fault(text, (reader) => reader.compactSize64())).toBe(as64);
  });

  test('64 bits there and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const codec: Codec<bigint> = {
          size: (v) => (v <= 0xffff_ffffn ? compactSizeSize(Number(v)) : 9),
          write: (w, v) => w.compactSize64(v),
          read: (r) => r.compactSize64(),
        };
        expect(decode(codec, encode(codec, value))).toBe(value);
      })
    );
  });

  test('beyond 32 bits, as a number', () => {
    const out = new Uint8Array(9);
    new Writer(out).compactSize(2 ** 53 - 1);
    expect([toHex(out), compactSizeSize(2 ** 53 - 1)]).toEqual(['ffffffffffffff1f00', 9]);
  });
});

describe('Reader', () => {
  test('every method stops at the end, and points there', () => {
    const methods: readonly [number, (reader: Reader) => unknown][] = [
      [1, (r) => r.u8()],
      [2, (r) => r.u16()],
      [2, (r) => r.u16be()],
      [4, (r) => r.u32()],
      [4, (r) => r.i32()],
      [8, (r) => r.u64()],
      [8, (r) => r.i64()],
      [5, (r) => r.bytes(5)],
    ];
    for (const [size, method] of methods) {
      const whole = new Reader(new Uint8Array(size + 1));
      whole.u8();
      method(whole);
      expect([whole.offset, whole.remaining]).toEqual([size + 1, 0]);
      const short = new Reader(new Uint8Array(size));
      short.u8();
      expect(() => method(short)).toThrow(
        expect.objectContaining({ code: 'truncated', offset: 1 })
      );
      // A failed read does not move.
      expect(short.offset).toBe(1);
    }
  });

  test('values are little-endian, ports are not', () => {
    const reader = new Reader(
      hex('01 0203 0405 06070809 ffffffff 0102030405060708 ffffffffffffffff')
    );
    expect([reader.u8(), reader.u16(), reader.u16be(), reader.u32(), reader.i32()]).toEqual([
      1, 0x0302, 0x0405, 0x09080706, -1,
    ]);
    expect([reader.u64(), reader.i64()]).toEqual([0x0807060504030201n, -1n]);
    reader.end();
  });

  test('works inside a larger buffer, and gives views of it', () => {
    const buffer = hex('ffff 0102 03 ffff');
    const reader = new Reader(buffer.subarray(2, 5));
    const view = reader.bytes(3);
    expect([...view]).toEqual([1, 2, 3]);
    expect([view.buffer === buffer.buffer, view.byteOffset]).toEqual([true, buffer.byteOffset + 2]);
    expect(() => reader.u8()).toThrow('truncated at byte 3');
  });

  test('what is asked of a count', () => {
    expect(fault('05 00000000', (r) => r.count(5, 1))).toBe('truncated@0');
    expect(fault('04 00000000', (r) => r.count(4, 1))).toBe('none');
    expect(fault('04 00000000', (r) => r.count(3, 1))).toBe('limit-exceeded@0');
    expect(fault('04 00000000', (r) => r.count(3, 1, 'invalid-value'))).toBe('invalid-value@0');
    // Not there and too many: not there.
    expect(fault('05 00000000', (r) => r.count(3, 1))).toBe('truncated@0');
    expect(fault('02 0000', (r) => r.varBytes(1))).toBe('size-too-large@0');
    expect(fault('02 00', (r) => r.varBytes(2))).toBe('truncated@1');
  });

  test('end', () => {
    expect(fault('00', (r) => r.end())).toBe('trailing-bytes@0');
    expect(fault('', (r) => r.end())).toBe('none');
  });
});

describe('Writer', () => {
  test('never writes past its bytes', () => {
    for (const write of [
      (w: Writer) => w.u8(0),
      (w: Writer) => w.u16(0),
      (w: Writer) => w.u16be(0),
      (w: Writer) => w.u32(0),
      (w: Writer) => w.i32(0),
      (w: Writer) => w.u64(0n),
      (w: Writer) => w.i64(0n),
      (w: Writer) => w.bytes(Uint8Array.of(1)),
      (w: Writer) => w.varBytes(Uint8Array.of()),
      (w: Writer) => w.compactSize(0),
    ]) {
      const behind = new Uint8Array(8);
      // By name: jest's typed arrays, and so their errors, are of another realm than RangeError.
      const rangeError = expect.objectContaining({ name: 'RangeError' });
      expect(() => write(new Writer(behind.subarray(0, 0)))).toThrow(rangeError);
      expect(behind).toEqual(new Uint8Array(8));
    }
  });

  test('a codec whose size is too large is found out', () => {
    const broken: Codec<number> = { ...u8, size: () => 2 };
    expect(() => encode(broken, 1)).toThrow('wrote less');
  });
});

describe('combinators', () => {
  const u64s = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const i64s = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const latin1 = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
  });
  const uint8Array = (length?: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array(
      length === undefined ? { maxLength: 300 } : { minLength: length, maxLength: length }
    );

  interface All {
    readonly a: number;
    readonly b: number;
    readonly c: number;
    readonly d: number;
    readonly e: bigint;
    readonly f: bigint;
    readonly g: boolean;
    readonly h: Uint8Array;
    readonly i: Uint8Array;
    readonly j: Uint8Array;
    readonly k: string;
    readonly l: readonly number[];
  }
  const All: Codec<All> = struct<All>({
    a: u8,
    b: u16,
    c: u32,
    d: i32,
    e: u64,
    f: i64,
    g: bool,
    h: bytes(3),
    i: hash32,
    j: varBytes(),
    k: varString(),
    l: array(u16, { max: 300, minSize: 2 }),
  });
  const all: fc.Arbitrary<All> = fc.record({
    a: fc.integer({ min: 0, max: 0xff }),
    b: fc.integer({ min: 0, max: 0xffff }),
    c: fc.integer({ min: 0, max: 0xffff_ffff }),
    d: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    e: u64s,
    f: i64s,
    g: fc.boolean(),
    h: uint8Array(3),
    i: uint8Array(32),
    j: uint8Array(),
    k: latin1,
    l: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }),
  });

  test('decode undoes encode', () => {
    fc.assert(
      fc.property(all, (value) => {
        const encoded = encode(All, value);
        expect(All.size(value)).toBe(encoded.length);
        expect(decode(All, encoded)).toEqual(value);
      })
    );
  });

  test('decode wants all of its bytes', () => {
    expect(() => decode(u8, hex('0102'))).toThrow('trailing-bytes at byte 1');
  });

  test('what does not fit is a RangeError', () => {
    expect(() => encode(bytes(3), new Uint8Array(4))).toThrow(RangeError);
    expect(() => encode(varString(), '\u0100')).toThrow(RangeError);
  });

  test('sizes of bytes with their length', () => {
    for (const length of [0, 252, 253, 65_535, 65_536]) {
      expect(encode(varBytes(), new Uint8Array(length))).toHaveLength(
        varBytesSize(new Uint8Array(length))
      );
    }
  });
});

describe('text', () => {
  test('hex', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (value) => {
        expect(toHex(value)).toBe(Buffer.from(value).toString('hex'));
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromHex(toHex(value).toUpperCase())).toEqual(value);
      })
    );
    for (const text of ['0', '0g', ' 00', '0x00', '٠٠', '00\n']) {
      expect(() => fromHex(text)).toThrow(RangeError);
    }
  });

  test('hashes are written last byte first, as Core uint256::GetHex does', () => {
    const hash = Uint8Array.from({ length: 32 }, (_, i) => i);
    const text = '1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100';
    expect(hashToHex(hash)).toBe(text);
    expect(hashFromHex(text)).toEqual(hash);
    expect(() => hashFromHex(text.slice(2))).toThrow(RangeError);
    expect(() => hashFromHex(`${text.slice(2)}zz`)).toThrow(RangeError);
  });

  test('base32: RFC 4648 §10, without padding', () => {
    const vectors = [
      ['', ''],
      ['f', 'my'],
      ['fo', 'mzxq'],
      ['foo', 'mzxw6'],
      ['foob', 'mzxw6yq'],
      ['fooba', 'mzxw6ytb'],
      ['foobar', 'mzxw6ytboi'],
    ] as const;
    for (const [plain, text] of vectors) {
      expect(toBase32(Buffer.from(plain))).toBe(text);
      expect(fromBase32(text)).toEqual(new Uint8Array(Buffer.from(plain)));
      expect(fromBase32(text.toUpperCase())).toEqual(new Uint8Array(Buffer.from(plain)));
    }
    // Left-over bits, a left-over character, and characters that are none of base32's: among them
    // the Kelvin sign, whose lower case is an ASCII k.
    for (const text of [
      'mz',
      'm',
      'mzx',
      'my======',
      'm1',
      'm8',
      'm ',
      'm\u212a',
      'mİ',
      'a',
      'aaa',
      'aaaaaa',
    ]) {
      expect(fromBase32(text)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.uint8Array(), (value) => expect(fromBase32(toBase32(value))).toEqual(value))
    );
  });
});

test('sha256d equals two rounds of OpenSSL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
      expect(sha256d(value)).toEqual(nativeSha256d(value));
    })
  );
});
