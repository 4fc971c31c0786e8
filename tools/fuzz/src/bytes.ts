/** No bytes. */
export const NOTHING: Uint8Array = new Uint8Array(0);

/** Parts, one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Whether both have the same bytes. */
export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Where the first byte is that differs: the shorter length, if one begins with the other. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  const block = 4_096;
  while (at + block <= length && areEqual(a.subarray(at, at + block), b.subarray(at, at + block))) {
    at += block;
  }
  while (at < length && a[at] === b[at]) at++;
  return at;
}

/** Whether all bytes are 0. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Hex, of large arrays only the start. */
export function brief(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 64)).toString('hex');
  return bytes.length <= 64 ? `[${hex}]` : `[${hex}… ${bytes.length} bytes]`;
}

/** Little-endian, in `size` bytes. */
export function littleEndian(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0, left = value; i < size; i++, left = Math.floor(left / 256)) bytes[i] = left & 0xff;
  return bytes;
}

/** Hex of an integer in 32 bytes, big-endian. */
export function bytesOfInteger(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
}
