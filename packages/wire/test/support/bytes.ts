import { createHash } from 'node:crypto';
import { fromHex, type Sha256d, toHex } from '../../src/index.ts';

/** SHA-256d through OpenSSL: an implementation other than the package's, and a quick one. */
export const nativeSha256d: Sha256d = (bytes) =>
  plain(createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest());

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** Bytes of hex with spaces in it. */
export function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(/\s/g, ''));
}

/** Whether two arrays hold the same bytes. `toEqual` takes seconds for a megabyte. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Fails, showing the ends of both, unless two arrays hold the same bytes. */
export function mustBeSame(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (same(actual, expected)) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const around = (bytes: Uint8Array): string => toHex(bytes.subarray(Math.max(0, at - 8), at + 16));
  const sizes = `${actual.length} and ${expected.length} bytes`;
  throw new Error(`${what}: ${sizes}, from ${at}: ${around(actual)} is not ${around(expected)}`);
}

/** Arrays joined. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
