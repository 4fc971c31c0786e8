import { describe, expect, test } from '@jest/globals';
import { createECDH } from 'node:crypto';
import * as fc from 'fast-check';
import { COIN, MAX_MONEY } from '@btcp2p/consensus';
import { decode, DecodeError, encode, fromHex, hashFromHex, Reader, toHex } from '@btcp2p/wire';
import {
  BlockStatus,
  BlockUndo,
  blockIndexKey,
  Coin,
  coinKey,
  compressAmount,
  CompressedAmount,
  decompressAmount,
  decompressPublicKey,
  DiskBlockIndex,
  isUnspendable,
  parseCoinKey,
  scriptCompression,
  TxUndo,
  undoChecksum,
  VarInt32,
  VarInt64,
} from '../src/index.ts';
import { makeCoin, nativeSha256d } from './support.ts';

const script = scriptCompression();

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
}

describe('VARINT', () => {
  // Core test/serialize_tests.cpp, varints_bitpatterns, and the comment in serialize.h.
  test.each([
    [0x0n, '00'], [0x7fn, '7f'], [0x80n, '8000'], [0x1234n, 'a334'], [0xffffn, '82fe7f'],
    [0x123456n, 'c7e756'], [0x80123456n, '86ffc7e756'], [0xffffffffn, '8efefefe7f'],
    [0x7fffffffffffffffn, 'fefefefefefefefe7f'], [0xffffffffffffffffn, '80fefefefefefefefe7f'],
    [255n, '807f'], [256n, '8100'], [16383n, 'fe7f'], [16384n, 'ff00'], [16511n, 'ff7f'],
    [2n ** 32n, '8efefeff00'], [3_000_000_000n, '8a95c0bb00'],
  ])('%d', (value, hex) => {
    expect(toHex(encode(VarInt64, value))).toBe(hex);
    expect(decode(VarInt64, fromHex(hex))).toBe(value);
    const code = codeOf(() => decode(VarInt32, fromHex(hex)));
    expect(code).toBe(value > 0xffffffffn ? 'size-too-large' : 'none');
    if (code !== 'none') return;
    expect(toHex(encode(VarInt32, Number(value)))).toBe(hex);
    expect(decode(VarInt32, fromHex(hex))).toBe(Number(value));
  });

  test('each number has one form', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63), (bits, shift) => {
      const value = bits >> BigInt(shift);
      expect(decode(VarInt64, encode(VarInt64, value))).toBe(value);
    }));
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 9 }), (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i]! |= 0x80;
      bytes[bytes.length - 1]! &= 0x7f;
      expect(encode(VarInt64, decode(VarInt64, bytes))).toEqual(bytes);
    }));
  });

  test('too much for its width, or cut off', () => {
    // One more than the largest, and the largest with a digit that asks for more.
    expect(codeOf(() => decode(VarInt64, fromHex('80fefefefefefefeff00')))).toBe('size-too-large');
    expect(codeOf(() => decode(VarInt64, fromHex('80fefefefefefefefeff00')))).toBe('size-too-large');
    expect(codeOf(() => decode(VarInt32, fromHex('8efefeff00')))).toBe('size-too-large');
    expect(codeOf(() => decode(VarInt32, fromHex('8efefefeff00')))).toBe('size-too-large');
    expect(codeOf(() => decode(VarInt64, fromHex('8080')))).toBe('truncated');
  });
});

describe('amounts', () => {
  // Core test/compress_tests.cpp, compress_amounts.
  test.each([
    [0n, 0x0n], [1n, 0x1n], [COIN / 100n, 0x7n], [COIN, 0x9n], [50n * COIN, 0x32n],
    [21_000_000n * COIN, 0x1406f40n],
  ])('%d', (amount, compressed) => {
    expect(compressAmount(amount)).toBe(compressed);
    expect(decompressAmount(compressed)).toBe(amount);
  });

  test('round trips of the same test', () => {
    let wrong = 0;
    const check = (amount: bigint): void => {
      if (decompressAmount(compressAmount(amount)) !== amount) wrong++;
    };
    for (let i = 1n; i <= 100_000n; i++) check(i);
    for (let i = 1n; i <= 10_000n; i++) check((i * COIN) / 100n);
    for (let i = 1n; i <= 10_000n; i++) check(i * COIN);
    for (let i = 1n; i <= 420_000n; i++) check(i * 50n * COIN);
    for (let i = 0n; i < 100_000n; i++) if (compressAmount(decompressAmount(i)) !== i) wrong++;
    expect(wrong).toBe(0);
  });

  test('any amount, and no other', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: MAX_MONEY }), (amount) => {
      expect(decompressAmount(compressAmount(amount))).toBe(amount);
      expect(decode(CompressedAmount, encode(CompressedAmount, amount))).toBe(amount);
    }));
    for (const amount of [-1n, MAX_MONEY + 1n]) expect(() => compressAmount(amount)).toThrow(RangeError);
    // What no one writes wraps as Core's 64 bits do, and here only must not fail.
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (compressed) => {
      const amount = decompressAmount(compressed);
      expect(amount).toBe(BigInt.asIntN(64, amount));
      expect(decode(CompressedAmount, encode(VarInt64, compressed))).toBe(amount);
    }));
  });
});

describe('scripts', () => {
  const key = (compressed: boolean): Uint8Array => {
    const ecdh = createECDH('secp256k1');
    ecdh.generateKeys();
    return new Uint8Array(ecdh.getPublicKey(null, compressed ? 'compressed' : 'uncompressed'));
  };
  const hash = Uint8Array.from({ length: 20 }, (_, i) => i);

  // Core test/compress_tests.cpp, compress_script_to_*.
  test('the special forms', () => {
    const p2pkh = Uint8Array.of(0x76, 0xa9, 20, ...hash, 0x88, 0xac);
    const p2sh = Uint8Array.of(0xa9, 20, ...hash, 0x87);
    expect(encode(script, p2pkh)).toEqual(Uint8Array.of(0, ...hash));
    expect(encode(script, p2sh)).toEqual(Uint8Array.of(1, ...hash));
    const seen = new Set<number>();
    for (let i = 0; i < 40; i++) {
      const short = key(true);
      const long = key(false);
      const p2pk = Uint8Array.of(33, ...short, 0xac);
      const old = Uint8Array.of(65, ...long, 0xac);
      expect(encode(script, p2pk)).toEqual(short);
      const form = 4 | (long[64]! & 1);
      expect(encode(script, old)).toEqual(Uint8Array.of(form, ...long.subarray(1, 33)));
      for (const each of [p2pk, old, p2pkh, p2sh]) {
        const bytes = encode(script, each);
        seen.add(bytes[0]!);
        expect(decode(script, bytes)).toEqual(each);
      }
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a key that is not on the curve', () => {
    // x = 5 is on no point: 132 has no root.
    const compressed = new Uint8Array(33);
    compressed[0] = 2;
    compressed[32] = 5;
    expect(decompressPublicKey(compressed)).toBeUndefined();
    const old = new Uint8Array(67);
    old.set([65, 4]);
    old[33] = 5;
    old[66] = 0xac;
    expect(encode(script, old)).toEqual(Uint8Array.of(73, ...old));
    expect(decode(script, encode(script, old))).toEqual(old);
    for (const form of [4, 5]) {
      const bytes = Uint8Array.of(form, ...compressed.subarray(1));
      expect(decode(script, bytes)).toEqual(new Uint8Array(0));
    }
    // Coordinates are below the prime: the same point with x + p would be a second form.
    expect(decompressPublicKey(new Uint8Array(33).fill(0xff).fill(2, 0, 1))).toBeUndefined();
  });

  test('nearly special ones stay as they are', () => {
    fc.assert(fc.property(
      fc.constantFrom(
        Uint8Array.of(0x76, 0xa9, 20, ...hash, 0x88, 0xac), Uint8Array.of(0xa9, 20, ...hash, 0x87),
        Uint8Array.of(33, 2, ...hash, ...hash.subarray(8), 0xac),
        Uint8Array.of(65, ...key(false), 0xac),
      ),
      fc.nat(), fc.integer({ min: 1, max: 255 }),
      (special, at, flip) => {
        const changed = special.slice();
        changed[at % changed.length]! ^= flip;
        expect(decode(script, encode(script, changed))).toEqual(changed);
      },
    ));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (any) => {
      expect(decode(script, encode(script, any))).toEqual(any);
    }));
  });

  test('a caller brings its own decompression', () => {
    const mine = scriptCompression(() => new Uint8Array(65).fill(7));
    const read = decode(mine, Uint8Array.of(4, ...new Uint8Array(32)));
    expect(read).toEqual(Uint8Array.of(65, ...new Uint8Array(65).fill(7), 0xac));
  });

  test('too long to be spent', () => {
    const long = new Uint8Array(10_001);
    expect(decode(script, encode(script, long))).toEqual(Uint8Array.of(0x6a));
    expect(decode(script, encode(script, long.subarray(1)))).toEqual(long.subarray(1));
    expect([isUnspendable(long), isUnspendable(long.subarray(1))]).toEqual([true, false]);
    expect([isUnspendable(Uint8Array.of(0x6a)), isUnspendable(new Uint8Array(0))]).toEqual([true, false]);
  });
});

describe('coins', () => {
  // Core test/coins_tests.cpp, ccoins_serialization.
  test.each([
    ['97f23c835800816115944e077fe7c803cfa57f29b36bf87c1d35', false, 203_998, 60_000_000_000n,
      '76a914816115944e077fe7c803cfa57f29b36bf87c1d3588ac'],
    ['8ddf77bbd123008c988f1a4a4de2161e0f50aac7f17e7f9555caa4', true, 120_891, 110_397n,
      '76a9148c988f1a4a4de2161e0f50aac7f17e7f9555caa488ac'],
    ['000006', false, 0, 0n, ''],
  ])('%s', (hex, isCoinbase, height, value, scriptPubKey) => {
    const coin = decode(Coin, fromHex(hex));
    expect(coin).toEqual({ value, scriptPubKey: fromHex(scriptPubKey), height, isCoinbase });
    expect(toHex(encode(Coin, coin))).toBe(hex);
  });

  test.each(['000007', '00008a95c0bb00'])('a script beyond the end: %s', (hex) => {
    expect(codeOf(() => decode(Coin, fromHex(hex)))).toBe('truncated');
  });

  const coins = fc.record({
    value: fc.bigInt({ min: 0n, max: MAX_MONEY }),
    scriptPubKey: fc.uint8Array({ maxLength: 80 }),
    height: fc.nat(0x7fff_ffff),
    isCoinbase: fc.boolean(),
  });

  test('any coin, in the database and in undo data', () => {
    fc.assert(fc.property(coins, (coin) => {
      expect(decode(Coin, encode(Coin, coin))).toEqual(coin);
    }));
    const transactions = fc.array(fc.record({ prevouts: fc.array(coins) }));
    fc.assert(fc.property(fc.record({ transactions }), (undo) => {
      expect(decode(BlockUndo, encode(BlockUndo, undo))).toEqual(undo);
    }));
  });

  test('any bytes are a coin or a DecodeError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const codec of [Coin, TxUndo, BlockUndo, DiskBlockIndex]) {
        expect(typeof codeOf(() => codec.read(new Reader(bytes)))).toBe('string');
      }
    }));
  });

  test('undo data have a zero behind the height, unless that is 0', () => {
    const hexOf = (coin: Coin): string => toHex(encode(TxUndo, { prevouts: [coin] }));
    expect(hexOf(makeCoin({ height: 5, isCoinbase: true }))).toBe('010b000306');
    expect(hexOf(makeCoin({ height: 0 }))).toBe('01000306');
    // What once was a version may be any number of 32 bits.
    const [coin] = decode(TxUndo, fromHex('010b8efefefe7f0306')).prevouts;
    expect(coin).toMatchObject({ height: 5, isCoinbase: true });
  });

  test('the checksum ties undo data to the parent', () => {
    const [parent, undo] = [new Uint8Array(32).fill(1), Uint8Array.of(0)];
    const sum = undoChecksum(parent, undo, nativeSha256d);
    expect(sum).toEqual(undoChecksum(parent, undo));
    expect(sum).toEqual(nativeSha256d(Uint8Array.of(...parent, ...undo)));
    expect(sum).not.toEqual(undoChecksum(new Uint8Array(32), undo));
  });

  test('keys', () => {
    const txids = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(fc.property(txids, fc.nat(0xffff_ffff), (txid, index) => {
      expect(parseCoinKey(coinKey({ txid, index }))).toEqual({ txid, index });
    }));
    expect(toHex(coinKey({ txid: new Uint8Array(32), index: 300 }))).toBe(`43${'00'.repeat(32)}812c`);
    expect(codeOf(() => parseCoinKey(fromHex(`63${'00'.repeat(32)}00`)))).toBe('invalid-value');
    expect(codeOf(() => parseCoinKey(fromHex(`43${'00'.repeat(32)}0000`)))).toBe('trailing-bytes');
  });
});

test('entries of the block index', () => {
  const { HAVE_DATA, HAVE_UNDO, VALID_SCRIPTS } = BlockStatus;
  const header = {
    version: 1,
    prevBlockHash: new Uint8Array(32).fill(2),
    merkleRoot: new Uint8Array(32).fill(3),
    time: 4, bits: 5, nonce: 6,
  };
  const headerHex = `01000000${'02'.repeat(32)}${'03'.repeat(32)}040000000500000006000000`;
  const positions = { file: 0, dataPosition: 0, undoPosition: 0 };
  const bare = { header, height: 7, status: 0, transactionCount: 0, ...positions };
  // 259,900 is 8eed3c: 14+1, 109+1, 60.
  const at = { transactionCount: 2, file: 1 };
  const data = { dataPosition: 8 };
  const undo = { undoPosition: 9 };
  const cases: [string, Partial<DiskBlockIndex>][] = [
    ['8eed3c070000', {}],
    ['8eed3c070d020108', { ...at, ...data, status: VALID_SCRIPTS | HAVE_DATA }],
    ['8eed3c071d02010809', { ...at, ...data, ...undo, status: VALID_SCRIPTS | HAVE_DATA | HAVE_UNDO }],
    ['8eed3c0715020109', { ...at, ...undo, status: VALID_SCRIPTS | HAVE_UNDO }],
  ];
  for (const [hex, changes] of cases) {
    const entry = { ...bare, ...changes };
    expect(toHex(encode(DiskBlockIndex, entry))).toBe(hex + headerHex);
    expect(decode(DiskBlockIndex, fromHex(hex + headerHex))).toEqual(entry);
  }
  // The genesis block of mainnet (Core kernel/chainparams.cpp).
  const hash = hashFromHex('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
  expect(toHex(blockIndexKey(hash))).toBe(`62${toHex(hash)}`);
});
