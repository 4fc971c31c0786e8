import type { DecodeErrorCode } from './decode-error.ts';
import { MAX_SIZE } from './limits.ts';
import { Reader } from './reader.ts';
import { compactSizeSize, varBytesSize, Writer } from './writer.ts';

/**
 * How a value becomes bytes and back. `read` throws `DecodeError`; `size` is exact, so that one
 * allocation is enough.
 */
export interface Codec<T> {
  /** Bytes that `write` will write. */
  size(value: T): number;
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

/** The bytes of a value. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = new Uint8Array(codec.size(value));
  const writer = new Writer(bytes);
  codec.write(writer, value);
  if (writer.offset !== bytes.length) throw new Error('a codec wrote less than its size');
  return bytes;
}

/**
 * The value of bytes that hold it and nothing else.
 *
 * @throws DecodeError
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

function fixed<T>(
  size: number,
  write: (writer: Writer, value: T) => void,
  read: (reader: Reader) => T,
): Codec<T> {
  return { size: () => size, write, read };
}

/** Unsigned 8 bits. */
export const u8: Codec<number> = fixed(1, (w, v) => w.u8(v), (r) => r.u8());
/** Unsigned 16 bits, little-endian. */
export const u16: Codec<number> = fixed(2, (w, v) => w.u16(v), (r) => r.u16());
/** Unsigned 32 bits, little-endian. */
export const u32: Codec<number> = fixed(4, (w, v) => w.u32(v), (r) => r.u32());
/** Signed 32 bits, little-endian. */
export const i32: Codec<number> = fixed(4, (w, v) => w.i32(v), (r) => r.i32());
/** Unsigned 64 bits, little-endian. */
export const u64: Codec<bigint> = fixed(8, (w, v) => w.u64(v), (r) => r.u64());
/** Signed 64 bits, little-endian. */
export const i64: Codec<bigint> = fixed(8, (w, v) => w.i64(v), (r) => r.i64());

/** One byte: 0 or 1. Any other value reads as true, as in Core. */
export const bool: Codec<boolean> = fixed(1, (w, v) => w.u8(v ? 1 : 0), (r) => r.u8() !== 0);

/** Exactly `length` bytes. */
export function bytes(length: number): Codec<Uint8Array> {
  return fixed(
    length,
    (writer, value) => {
      if (value.length !== length) {
        throw new RangeError(`expected ${length} bytes, got ${value.length}`);
      }
      writer.bytes(value);
    },
    (reader) => reader.bytes(length),
  );
}

/** A hash: 32 bytes in wire order. */
export const hash32: Codec<Uint8Array> = bytes(32);

/** A CompactSize and as many bytes, at most `max`. */
export function varBytes({ max = MAX_SIZE }: { readonly max?: number } = {}): Codec<Uint8Array> {
  return {
    size: varBytesSize,
    write: (writer, value) => writer.varBytes(value),
    read: (reader) => reader.varBytes(max),
  };
}

/**
 * A CompactSize and as many bytes, as a string in which every character is one byte (U+0000 to
 * U+00FF). Peers send arbitrary bytes here, and this way they survive a round trip.
 */
export function varString({ max = MAX_SIZE }: { readonly max?: number } = {}): Codec<string> {
  return {
    size: (value) => compactSizeSize(value.length) + value.length,
    write(writer, value) {
      writer.compactSize(value.length);
      for (let i = 0; i < value.length; i++) {
        const unit = value.charCodeAt(i);
        if (unit > 0xff) throw new RangeError(`not a byte: ${JSON.stringify(value[i])}`);
        writer.u8(unit);
      }
    },
    read(reader) {
      const value = reader.varBytes(max);
      let text = '';
      for (const byte of value) text += String.fromCharCode(byte);
      return text;
    },
  };
}

/** What an {@link array} may hold. */
export interface ArrayLimits {
  /** Most entries. */
  readonly max: number;
  /** The fewest bytes of an entry: a count that cannot fit is refused at once. */
  readonly minSize: number;
  /** The fault of more than `max` entries, by default `limit-exceeded`. */
  readonly tooMany?: DecodeErrorCode;
}

/** A CompactSize and as many entries. */
export function array<T>(
  codec: Codec<T>,
  { max, minSize, tooMany }: ArrayLimits,
): Codec<readonly T[]> {
  return {
    size(values) {
      let size = compactSizeSize(values.length);
      for (const value of values) size += codec.size(value);
      return size;
    },
    write(writer, values) {
      writer.compactSize(values.length);
      for (const value of values) codec.write(writer, value);
    },
    read(reader) {
      const count = reader.count(max, minSize, tooMany);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(codec.read(reader));
      return values;
    },
  };
}

/** An object whose fields follow each other in the order in which they are listed. */
export function struct<T extends object>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const entries = Object.entries(fields) as [keyof T, Codec<T[keyof T]>][];
  return {
    size(value) {
      let size = 0;
      for (const [name, codec] of entries) size += codec.size(value[name]);
      return size;
    },
    write(writer, value) {
      for (const [name, codec] of entries) codec.write(writer, value[name]);
    },
    read(reader) {
      const value: Partial<T> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as T;
    },
  };
}
