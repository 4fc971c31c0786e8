/** Parts, one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A list of entries of nothing but zeros, with their count as a CompactSize of 3 bytes in front. */
export function listOfZeros(count: number, entrySize: number): Uint8Array {
  if (count < 0xfd || count > 0xffff) throw new RangeError(`${count} does not take 3 bytes`);
  return concat([Uint8Array.of(0xfd, count & 0xff, count >> 8), new Uint8Array(count * entrySize)]);
}
