import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decode, DecodeError, encode, fromHex, toHex } from '@btcp2p/wire';
import { blockFileInfo, type BlockFileInfo } from '../src/index.ts';

const u32 = fc.nat(0xffff_ffff);

describe('what is kept of a block file', () => {
  test('seven VARINTs', () => {
    const info: BlockFileInfo = {
      blocks: 1, size: 0x7f, undoSize: 0x80, heightFirst: 0, heightLast: 0x1234,
      timeFirst: 0xffff, timeLast: 2 ** 32,
    };
    // The numbers are those of Core test/serialize_tests.cpp, varints_bitpatterns.
    const hex = ['01', '7f', '8000', '00', 'a334', '82fe7f', '8efefeff00'].join('');
    expect(toHex(encode(blockFileInfo, info))).toBe(hex);
    expect(decode(blockFileInfo, fromHex(hex))).toEqual(info);
  });

  test('property: there and back; a byte less or more is an error', () => {
    const infos = fc.record({
      blocks: u32, size: u32, undoSize: u32, heightFirst: u32, heightLast: u32,
      timeFirst: fc.maxSafeNat(), timeLast: fc.maxSafeNat(),
    });
    fc.assert(fc.property(infos, (info) => {
      const bytes = encode(blockFileInfo, info);
      expect(decode(blockFileInfo, bytes)).toEqual(info);
      expect(() => decode(blockFileInfo, bytes.subarray(0, -1))).toThrow(DecodeError);
      expect(() => decode(blockFileInfo, Uint8Array.of(...bytes, 0))).toThrow(DecodeError);
    }));
  });

  test('numbers that are too large are refused', () => {
    const size = '8efefeff00'; // 2^32, as above
    expect(() => decode(blockFileInfo, fromHex(`01${size}0000000000`))).toThrow(DecodeError);
    const time = '80fefefefefefefefe7f'; // 2^64 - 1
    expect(() => decode(blockFileInfo, fromHex(`010000000000${time}`))).toThrow(DecodeError);
  });
});
