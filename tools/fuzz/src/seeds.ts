import { Draw } from './draw.ts';

/**
 * The seeds of a target's cases. They depend on the run's seed and on the target alone, so that the
 * same cases come in the same order however fast they are.
 */
export function* caseSeeds(runSeed: bigint, target: string): Generator<bigint, never> {
  const draw = new Draw(runSeed).fork(target);
  for (;;) yield draw.u64();
}

/** 16 hex digits. */
export function seedText(seed: bigint): string {
  return seed.toString(16).padStart(16, '0');
}

/** A seed of up to 16 hex digits; undefined if it is none. */
export function parseSeed(text: string): bigint | undefined {
  return /^(?:0x)?[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text.replace(/^0x/i, '')}`) : undefined;
}
