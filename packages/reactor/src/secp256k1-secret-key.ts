/** SEC 2, §2.4.1: the order of the curve's group, big-endian. */
const ORDER = Uint8Array.of(
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
  0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
);

/**
 * Throws unless these are 32 bytes from 1 to the order less 1, big-endian. It takes the same steps
 * for all keys that are valid.
 *
 * @throws RangeError
 */
export function requireSecretKey(bytes: Uint8Array): void {
  if (bytes.length !== ORDER.length) {
    throw new RangeError(`a secret key has 32 bytes, not ${bytes.length}`);
  }
  // Subtracts the order: less than that, there is something to borrow at the end.
  let borrow = 0;
  let ones = 0;
  for (let i = ORDER.length - 1; i >= 0; i--) {
    borrow = ((bytes[i]! - ORDER[i]! - borrow) >> 8) & 1;
    ones |= bytes[i]!;
  }
  if (borrow === 0 || ones === 0) throw new RangeError('not a secret key: 0, or the order or more');
}
