import type { RandomSource } from './random-source.ts';

/** Core `V2Transport::MAX_GARBAGE_LEN`: bytes of garbage at most (BIP 324 §"Handshake"). */
export const MAX_GARBAGE_LEN = 4_095;

/** Random bytes: as many as asked for, or else any number of them (Core `GenerateRandomGarbage`). */
export function newGarbage(rng: RandomSource, size = randomSize(rng)): Uint8Array {
  return rng.bytes(size);
}

/** Each size is as likely as the other: the largest is one less than a power of two. */
function randomSize(rng: RandomSource): number {
  const [low = 0, high = 0] = rng.bytes(2);
  return (low | (high << 8)) & MAX_GARBAGE_LEN;
}
