import type { RandomSource } from '@btcp2p/bip324';

/** Web Crypto's, which browsers and Node have alike. */
export const randomness: RandomSource = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

/** A random number of 64 bits. */
export function random64(): bigint {
  return new DataView(randomness.bytes(8).buffer).getBigUint64(0);
}
