import { hash } from 'node:crypto';
import { nobleHashes, type ScriptHashes } from '@btcp2p/script';
import { nativeSha256d } from './native-sha256d.ts';

/** Node takes any encoding of buffers here; its types (@types/node 20) know only the usual ones. */
const digest = hash as (algorithm: string, bytes: Uint8Array, encoding: string) => string;

/** As in `native-sha256d.ts`: Node makes strings faster than buffers. */
function by(algorithm: string, size: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const text = digest(algorithm, bytes, 'latin1');
    const out = new Uint8Array(size);
    for (let i = 0; i < size; i++) out[i] = text.charCodeAt(i);
    return out;
  };
}

/** RIPEMD-160 is left out of some builds of OpenSSL. */
function hasRipemd160(): boolean {
  try {
    return digest('ripemd160', new Uint8Array(0), 'hex').startsWith('9c1185a5');
  } catch {
    return false;
  }
}

/**
 * The hash functions of script by OpenSSL. SHA-256 of 33 bytes takes 0.6 µs, and RIPEMD-160 of 32
 * bytes 0.9 µs; noble takes 2.5 and 3.5 µs (one core of the machine of docs/benchmarks.md).
 */
export const nativeScriptHashes: ScriptHashes = {
  sha256: by('sha256', 32),
  sha256d: nativeSha256d,
  ripemd160: hasRipemd160() ? by('ripemd160', 20) : nobleHashes.ripemd160,
  sha1: by('sha1', 20),
};
