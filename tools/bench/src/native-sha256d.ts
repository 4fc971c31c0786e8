import { hash } from 'node:crypto';
import type { Sha256d } from '@btcp2p/wire';

const first = Buffer.allocUnsafeSlow(32);

/** SHA-256d by OpenSSL. A string of one character a byte is what Node hands over the fastest. */
export const nativeSha256d: Sha256d = (bytes) => {
  first.latin1Write(hash('sha256', bytes, 'latin1'), 0, 32);
  const second = hash('sha256', first, 'latin1');
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[i] = second.charCodeAt(i);
  return out;
};
