import type { Codec, Reader, Writer } from '@btcp2p/wire';

// Core's VARINT (serialize.h): base 128, most significant digit first; the top bit says that another
// digit follows, and every digit but the last stands for one more than it says, so that each number
// has exactly one form: 0 to 127 take 1 byte, up to 16,511 take 2, up to 2,113,663 take 3.

/** Below this, one more digit still leaves an exact double. */
const EXACT = 2 ** 45;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Bytes of a number as VARINT; the number is an integer from 0 to 2^53 - 1. */
export function varIntSize(value: number): number {
  let size = 1;
  for (let left = value; left > 0x7f; left = Math.floor(left / 128) - 1) size++;
  return size;
}

/** Writes an integer from 0 to 2^53 - 1 as VARINT. */
export function writeVarInt(writer: Writer, value: number): void {
  if (value <= 0x7f) {
    writer.u8(value);
    return;
  }
  writeLeading(writer, Math.floor(value / 128) - 1);
  writer.u8(value % 128);
}

/** The digits in front of the last: all with the top bit. */
function writeLeading(writer: Writer, value: number): void {
  if (value > 0x7f) writeLeading(writer, Math.floor(value / 128) - 1);
  writer.u8(0x80 | (value % 128));
}

/**
 * Reads a VARINT of at most `max`, which is below 2^53.
 *
 * @throws DecodeError `truncated`; `size-too-large` above `max`
 */
export function readVarInt(reader: Reader, max: number): number {
  const start = reader.offset;
  let value = 0;
  for (;;) {
    const digit = reader.u8();
    value = value * 128 + (digit & 0x7f);
    if (value > max) reader.fail('size-too-large', start);
    if (digit < 0x80) return value;
    value += 1;
  }
}

/**
 * Reads a VARINT of 64 bits: as a number where that is exact, which nearly all are.
 *
 * @throws DecodeError
 */
export function readVarInt64(reader: Reader): number | bigint {
  const start = reader.offset;
  let value = 0;
  while (value < EXACT) {
    const digit = reader.u8();
    value = value * 128 + (digit & 0x7f);
    if (digit < 0x80) return value;
    value += 1;
  }
  let large = BigInt(value);
  for (;;) {
    const digit = reader.u8();
    large = large * 128n + BigInt(digit & 0x7f);
    if (large > U64_MAX) reader.fail('size-too-large', start);
    if (digit < 0x80) return large;
    large += 1n;
  }
}

/** The digits of a number of 64 bits. */
function digitsOf(value: bigint): number[] {
  if (value < 0n || value > U64_MAX) throw new RangeError(`not 64 bits: ${value}`);
  const digits = [Number(value & 0x7fn)];
  for (let left = value >> 7n; left > 0n; left >>= 7n) {
    left -= 1n;
    digits.unshift(0x80 | Number(left & 0x7fn));
  }
  return digits;
}

/** Core's VARINT of unsigned 32 bits (serialize.h): 1 to 5 bytes. */
export const VarInt32: Codec<number> = {
  size: varIntSize,
  write: writeVarInt,
  read: (reader) => readVarInt(reader, 0xffff_ffff),
};

/** Core's VARINT of unsigned 64 bits (serialize.h): 1 to 10 bytes. */
export const VarInt64: Codec<bigint> = {
  size: (value) => digitsOf(value).length,
  write: (writer, value) => {
    for (const digit of digitsOf(value)) writer.u8(digit);
  },
  read: (reader) => BigInt(readVarInt64(reader)),
};
