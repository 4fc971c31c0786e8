import * as crypto from 'node:crypto';
import type { Sha256d } from '@btcp2p/wire';

/** @types/node leaves out `latin1` (`binary`), which Node documents and takes. */
const sha256 = crypto.hash as unknown as (
  algorithm: 'sha256',
  data: Uint8Array,
  encoding: 'latin1',
) => string;

const first = Buffer.allocUnsafeSlow(32);

/** SHA-256d by OpenSSL. A string of one character a byte is what Node hands over the fastest. */
export const nativeSha256d: Sha256d = (bytes) => {
  first.write(sha256('sha256', bytes, 'latin1'), 0, 32, 'latin1');
  const second = sha256('sha256', first, 'latin1');
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[i] = second.charCodeAt(i);
  return out;
};
