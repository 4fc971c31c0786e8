import { isSecretKey } from '@btcp2p/bip324';

/** @throws RangeError unless these are 32 bytes from 1 to the order of the group less 1 */
export function requireSecretKey(bytes: Uint8Array): void {
  if (!isSecretKey(bytes)) throw new RangeError('not a secret key: not 32 bytes, 0, or out of range');
}
