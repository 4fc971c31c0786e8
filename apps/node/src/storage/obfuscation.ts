/** Bytes of the key (Core `Obfuscation::KEY_SIZE`, util/obfuscation.h). */
export const KEY_SIZE = 8;

/**
 * Exclusive-ors bytes in place with the key, which repeats from the start of the file: what hides
 * and what shows is the same. A key of zeros changes nothing.
 *
 * @param position where in the file the bytes stand
 */
export function obfuscate(bytes: Uint8Array, key: Uint8Array, position: number): void {
  if (key.every((byte) => byte === 0)) return;
  if (bytes.length < 2 * KEY_SIZE) {
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[(position + i) % KEY_SIZE]!;
    return;
  }
  // Bytes up to where 32-bit words can be read in place.
  const head = -bytes.byteOffset & 3;
  for (let i = 0; i < head; i++) bytes[i]! ^= key[(position + i) % KEY_SIZE]!;

  const rotated = new Uint8Array(KEY_SIZE);
  for (let i = 0; i < KEY_SIZE; i++) rotated[i] = key[(position + head + i) % KEY_SIZE]!;
  const [even = 0, odd = 0] = new Int32Array(rotated.buffer);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >>> 2);
  const pairs = words.length & ~1;
  for (let i = 0; i < pairs; i += 2) {
    words[i]! ^= even;
    words[i + 1]! ^= odd;
  }
  if (pairs < words.length) words[pairs]! ^= even;
  for (let i = head + 4 * words.length; i < bytes.length; i++) {
    bytes[i]! ^= key[(position + i) % KEY_SIZE]!;
  }
}
