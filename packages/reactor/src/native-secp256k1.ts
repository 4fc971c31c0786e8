import { isMainThread } from 'node:worker_threads';
import { ellSwift, type EllSwift, nobleSecp256k1, type Secp256k1 } from '@btcp2p/bip324';
import { bindingSecp256k1 } from './secp256k1-binding.ts';
import { wasmSecp256k1 } from './secp256k1-wasm.ts';

/**
 * Who multiplies points: libsecp256k1 through the package `secp256k1`, WebAssembly, or
 * `@noble/curves`.
 */
export type Secp256k1Source = 'secp256k1' | 'wasm' | 'noble';

interface Choice {
  readonly source: Secp256k1Source;
  readonly operations: Secp256k1;
}

let made: Choice | undefined;

/** Made at the first use, since to compile takes some 10 ms. */
function choice(): Choice {
  return (made ??= choose());
}

function choose(): Choice {
  const wasm = 'WebAssembly' in globalThis ? wasmSecp256k1() : undefined;
  const field = wasm ?? nobleSecp256k1;
  // Whoever ends a thread, or the process, while another thread is inside of libsecp256k1's binding
  // makes that abort the process (version 5.0.2: its C++ exceptions find nobody to catch them).
  const binding = isMainThread ? bindingSecp256k1() : undefined;
  if (binding !== undefined) return { source: 'secp256k1', operations: { ...field, ...binding } };
  return { source: wasm === undefined ? 'noble' : 'wasm', operations: field };
}

/** Who multiplies points for {@link nativeSecp256k1}. Calling it loads what that is. */
export function secp256k1Source(): Secp256k1Source {
  return choice().source;
}

/**
 * The fastest arithmetic of secp256k1 that there is. The first of these that can be had multiplies
 * points: the package `secp256k1`, which is optional, and only on the main thread; WebAssembly;
 * `@noble/curves`. Roots and inverses are WebAssembly's, or noble's.
 *
 * Microseconds (one core of the machine of docs/benchmarks.md):
 *
 * | | `secp256k1` | WebAssembly | noble |
 * |---|---|---|---|
 * | the generator times a key | 27 | 35 | 370 |
 * | a point times a key | 61 | 125 | 2,300 |
 * | a square root | | 6 | 70 |
 * | an inverse | | 6 | 25 |
 */
export const nativeSecp256k1: Secp256k1 = {
  sqrt: (a) => choice().operations.sqrt(a),
  invert: (a) => choice().operations.invert(a),
  publicX: (secretKey) => choice().operations.publicX(secretKey),
  multiplyX: (x, secretKey) => choice().operations.multiplyX(x, secretKey),
};

/**
 * ElligatorSwift with {@link nativeSecp256k1}. A key and a shared secret together took 0.25 ms, and
 * 0.17 ms with the package `secp256k1`; with `@noble/curves` 2.9 ms.
 */
export const nativeEllSwift: EllSwift = ellSwift(nativeSecp256k1);
