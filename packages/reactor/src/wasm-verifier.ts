import { createRequire } from 'node:module';
import type { SignatureVerifier } from '@btcp2p/script';

/** What is used of the package `tiny-secp256k1`, version 2. All throw on what they cannot parse. */
interface TinySecp256k1 {
  verify(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean;
  verifySchnorr(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean;
  xOnlyPointAddTweakCheck(
    point: Uint8Array, tweak: Uint8Array, result: Uint8Array, parity: 0 | 1,
  ): boolean;
}

/**
 * Signatures by libsecp256k1 in WebAssembly, through the optional package `tiny-secp256k1`.
 *
 * @returns undefined if the package is not installed, or cannot run here
 */
export function wasmVerifier(): SignatureVerifier | undefined {
  let tiny: TinySecp256k1;
  try {
    tiny = createRequire(import.meta.url)('tiny-secp256k1') as TinySecp256k1;
  } catch {
    return undefined;
  }
  return {
    verifyEcdsa: (signature, hash, publicKey) =>
      attempt(() => tiny.verify(hash, publicKey, signature)),
    verifySchnorr: (signature, message, publicKey) =>
      attempt(() => tiny.verifySchnorr(message, publicKey, signature)),
    checkTapTweak: (internalKey, tweak, outputKey, parity) =>
      attempt(() => tiny.xOnlyPointAddTweakCheck(internalKey, tweak, outputKey, parity)),
  };
}

function attempt(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
