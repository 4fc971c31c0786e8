const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Base32 as RFC 4648 §6 has it, lower case and without padding: Tor's and I2P's. */
export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >>> (bits - 5)) & 31]!;
  }
  if (bits > 0) text += ALPHABET[(value << (5 - bits)) & 31]!;
  return text;
}

/** The bytes of base32 text in either case, or undefined. Bits left over must be zero. */
export function fromBase32(text: string): Uint8Array | undefined {
  // Not left to toLowerCase, which makes an ASCII k of the Kelvin sign.
  if (!/^[a-zA-Z2-7]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let value = 0;
  let bits = 0;
  let at = 0;
  for (const character of text.toLowerCase()) {
    value = ((value << 5) | ALPHABET.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = value >>> bits;
    }
  }
  return bits >= 5 || (value & ((1 << bits) - 1)) !== 0 ? undefined : bytes;
}
