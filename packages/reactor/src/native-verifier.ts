import { isMainThread } from 'node:worker_threads';
import { nobleVerifier, type SignatureVerifier } from '@btcp2p/script';
import type { AddonGate } from './addon-gate.ts';
import { addonVerifier } from './addon-verifier.ts';
import { wasmVerifier } from './wasm-verifier.ts';

/** Who verifies signatures: one of two optional packages, or `@noble/curves`. */
export type VerifierSource = 'secp256k1' | 'tiny-secp256k1' | 'noble';

/** A verifier, and whose it is. */
export interface NativeVerifier {
  readonly source: VerifierSource;
  readonly verifier: SignatureVerifier;
}

let plain: NativeVerifier | undefined;
let portable: NativeVerifier | undefined;

/**
 * The fastest verifier of signatures that there is. The first of these that can be had: libsecp256k1 by
 * the package `secp256k1` (in threads other than the main one only with a gate, for what may happen
 * without, see {@link AddonGate}); libsecp256k1 in WebAssembly by the package `tiny-secp256k1`;
 * `@noble/curves`. Where a gate is closed the next one takes over.
 *
 * Microseconds (one core of the machine of docs/benchmarks.md):
 *
 * | | `secp256k1` | `tiny-secp256k1` | noble |
 * |---|---|---|---|
 * | an ECDSA signature | 67 | 370 | 1,600 |
 * | a Schnorr signature | 80 | 376 | 2,100 |
 * | a taproot tweak | 47 | 328 | 1,100 |
 */
export function nativeVerifier(gate?: AddonGate): NativeVerifier {
  if (gate === undefined && !isMainThread) return (portable ??= withoutAddon());
  if (gate === undefined && plain !== undefined) return plain;
  const addon = addonVerifier();
  if (addon === undefined) return (portable ??= withoutAddon());
  if (gate !== undefined) return { source: 'secp256k1', verifier: behind(gate, addon) };
  return (plain = { source: 'secp256k1', verifier: addon });
}

function withoutAddon(): NativeVerifier {
  const wasm = wasmVerifier();
  if (wasm !== undefined) return { source: 'tiny-secp256k1', verifier: wasm };
  return { source: 'noble', verifier: nobleVerifier };
}

/** The addon while the gate is open. */
function behind(gate: AddonGate, addon: SignatureVerifier): SignatureVerifier {
  const within = (call: (verifier: SignatureVerifier) => boolean): boolean => {
    if (!gate.enter()) return call((portable ??= withoutAddon()).verifier);
    try {
      return call(addon);
    } finally {
      gate.leave();
    }
  };
  return {
    verifyEcdsa: (...args) => within((verifier) => verifier.verifyEcdsa(...args)),
    verifySchnorr: (...args) => within((verifier) => verifier.verifySchnorr(...args)),
    checkTapTweak: (...args) => within((verifier) => verifier.checkTapTweak(...args)),
  };
}
