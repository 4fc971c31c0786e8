import { hash } from 'node:crypto';
import type { Sha256d } from '@btcp2p/wire';
import { hashLanes, LANES_BATCH, lanesInput } from './sha256-lanes.ts';

/** Node takes any encoding of buffers here; its types (@types/node 20) know only the usual ones. */
const sha256 = hash as (algorithm: 'sha256', bytes: Uint8Array, encoding: string) => string;

/** Where the first hash waits for the second. */
const scratch = Buffer.alloc(32);

function single(bytes: Uint8Array): Uint8Array {
  scratch.write(sha256('sha256', bytes, 'latin1'), 'latin1');
  const text = sha256('sha256', scratch, 'latin1');
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[i] = text.charCodeAt(i);
  return out;
}

/** OpenSSL hashes each message, and all the hashes are hashed again together, in vectors. */
function many(messages: readonly Uint8Array[]): Uint8Array[] {
  const hashes = new Uint8Array(32 * messages.length);
  for (let start = 0; start < messages.length; start += LANES_BATCH.single32) {
    const count = Math.min(messages.length - start, LANES_BATCH.single32);
    for (let i = 0; i < count; i++) {
      lanesInput.write(sha256('sha256', messages[start + i]!, 'latin1'), 32 * i, 'latin1');
    }
    hashes.set(hashLanes('single32', count), 32 * start);
  }
  return messages.map((_, i) => new Uint8Array(hashes.buffer, 32 * i, 32));
}

function pairs(row: Uint8Array): Uint8Array {
  const total = Math.floor(row.length / 64);
  const hashes = new Uint8Array(32 * total);
  for (let start = 0; start < total; start += LANES_BATCH.double64) {
    const count = Math.min(total - start, LANES_BATCH.double64);
    lanesInput.set(row.subarray(64 * start, 64 * (start + count)), 0);
    hashes.set(hashLanes('double64', count), 32 * start);
  }
  return hashes;
}

/**
 * SHA-256 applied twice by OpenSSL, and where there are many short messages at once by vectors of
 * WebAssembly.
 *
 * OpenSSL's results come as strings of one character a byte, since Node makes those several times
 * faster than the buffers that it would make instead: the two hashes of 80 bytes took 0.7 µs that
 * way and 1.5 µs with buffers, against 4.2 µs of the default of `@btcp2p/wire`; of 1 MB, 560 µs both
 * ways, against 6,700 µs (one core of the machine of docs/benchmarks.md).
 */
export const nativeSha256d: Sha256d = Object.assign(single, { many, pairs });
