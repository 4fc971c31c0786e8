import { SECRET_KEY_SIZE } from './ell-swift.ts';

/** The order of secp256k1's group, big-endian (SEC 2 §2.4.1). */
const ORDER = Uint8Array.of(
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
  0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
);

/**
 * Whether these are 32 bytes from 1 to the order of the group less 1, big-endian. It takes the same
 * steps for any 32 bytes.
 */
export function isSecretKey(bytes: Uint8Array): boolean {
  if (bytes.length !== SECRET_KEY_SIZE) return false;
  // Subtracts the order: if it is less than that, there is something to borrow at the end.
  let borrow = 0;
  let ones = 0;
  for (let i = SECRET_KEY_SIZE - 1; i >= 0; i--) {
    borrow = ((bytes[i]! - ORDER[i]! - borrow) >> 8) & 1;
    ones |= bytes[i]!;
  }
  return borrow === 1 && ones !== 0;
}
