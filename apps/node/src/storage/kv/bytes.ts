/**
 * The bytes of a Buffer as a plain array. `slice` of a Buffer is a view, which is not what the rest of
 * the program expects.
 */
export function asBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
