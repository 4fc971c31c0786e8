import { makeBlock } from './blocks.ts';

/** The block of that number: three of four small, the fourth of up to a megabyte. */
export function crashBlock(number: number): Uint8Array {
  const kind = number % 64;
  return makeBlock(number, kind % 4 === 0 ? 15_000 * kind : 30 * kind).bytes;
}

/** Bytes that stand for headers, each from its number alone: twenty words that no other header has. */
export function crashHeaders(start: number, count: number): Uint8Array {
  const words = new Uint32Array(20 * count);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(20 * start + i, 0x9e3779b1);
  return new Uint8Array(words.buffer);
}
