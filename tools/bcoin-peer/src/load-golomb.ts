import type Module from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { installGolomb } from './install.ts';

/** A filter of golomb's: a Golomb-coded set without the number of its elements. */
export interface GolombFilter {
  /** Elements. */
  readonly n: number;
  /** As in `cfilter` messages: the number of elements, the coded numbers. */
  toNBytes(): Uint8Array;
  /** SHA-256d of that. */
  hash(): Uint8Array;
  /** BIP 157's filter header. */
  header(previous: Uint8Array): Uint8Array;
  match(key: Uint8Array, element: Uint8Array): boolean;
  /** Throws if there are no elements. */
  matchAny(key: Uint8Array, elements: readonly Uint8Array[]): boolean;
}

/** golomb 1.2.0, by the author of bcoin. All bytes that it takes must come from `buffer`. */
export interface Golomb {
  /** `'1.2.0'`. */
  readonly version: string;
  /** @param p bits of a remainder; @param key 16 bytes */
  fromItems(p: number, key: Uint8Array, elements: readonly Uint8Array[]): GolombFilter;
  fromNBytes(p: number, bytes: Uint8Array): GolombFilter;
  /** The same memory as a Buffer. */
  buffer(bytes: Uint8Array): Uint8Array;
}

interface Loader {
  load(directory: string): Golomb;
}

/**
 * Loads golomb into this process, for comparisons; the first call ever installs it. Its native parts
 * are not built, so that SipHash is JavaScript.
 *
 * @throws Error when it cannot be installed
 */
export function loadGolomb(): Golomb {
  // Node's own loader, for the reasons that `loadBcoin` has.
  const { createRequire } = runInThisContext(
    `process.getBuiltinModule('node:module')`,
  ) as typeof Module;
  const require = createRequire(import.meta.url);
  const script = fileURLToPath(new URL('../child/load-golomb.cjs', import.meta.url));
  return (require(script) as Loader).load(installGolomb());
}
