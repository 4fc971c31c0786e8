import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { nobleVerifier, type SignatureVerifier } from '@btcp2p/script';

/** What is used of the package `secp256k1`, version 5. All throw on what they cannot parse. */
interface Binding {
  /** @param signature R and S, S at most half of the group order */
  ecdsaVerify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /**
   * Writes 33 bytes: the key by which this signature of `message` was made.
   *
   * @param recovery bit 0: the nonce has an odd Y; bit 1: its X is R plus the group order
   */
  ecdsaRecover(
    signature: Uint8Array, recovery: number, message: Uint8Array, compressed: true, output: Uint8Array,
  ): Uint8Array;
  /** Writes 33 bytes: the key plus `tweak` times the generator. */
  publicKeyTweakAdd(
    publicKey: Uint8Array, tweak: Uint8Array, compressed: true, output: Uint8Array,
  ): Uint8Array;
}

/** secp256k1's group order (SEC 2, section 2.4.1). */
const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;

const WORD = 0xffffffff_ffffffffn;

/** Node takes any encoding of buffers here; its types (@types/node 20) know only the usual ones. */
const sha256 = hash as (algorithm: 'sha256', bytes: Uint8Array, encoding: string) => string;

/**
 * Signatures by libsecp256k1, through the optional package `secp256k1`. In threads other than the main
 * one it needs an `AddonGate`.
 *
 * That package has no Schnorr signatures, but it recovers keys from ECDSA signatures, which computes
 * `(s R - m G) / r` from a signature `(r, s)` of `m` with nonce `R`. With the public key `P` as `R`,
 * its X as `r`, `s = -e r` and `m = -S r` that is `S G - e P`: the nonce of the Schnorr signature whose
 * second half is `S`, which is what BIP 340 compares with its first half.
 *
 * @returns undefined if the package is not installed, or has no binary for this system
 */
export function addonVerifier(): SignatureVerifier | undefined {
  const binding = loadBinding();
  if (binding === undefined) return undefined;
  const point = Uint8Array.of(2, ...new Uint8Array(32));
  const result = new Uint8Array(33);
  const signature = new Uint8Array(64);
  const message = new Uint8Array(32);
  return {
    verifyEcdsa(signature, hash, publicKey) {
      try {
        return binding.ecdsaVerify(signature, hash, publicKey);
      } catch {
        return false;
      }
    },
    verifySchnorr(schnorr, digest, publicKey) {
      const s = integerOf(schnorr, 32);
      if (s >= ORDER) return false;
      const e = challengeOf(schnorr, publicKey, digest) % ORDER;
      let r = integerOf(publicKey, 0);
      const overflows = r >= ORDER;
      if (overflows) r -= ORDER;
      // Neither can be part of an ECDSA signature. Nobody knows how to make one of them zero.
      if (e === 0n || r === 0n) return nobleVerifier.verifySchnorr(schnorr, digest, publicKey);
      writeInteger(r, signature, 0);
      writeInteger(ORDER - ((e * r) % ORDER), signature, 32);
      writeInteger((ORDER - ((s * r) % ORDER)) % ORDER, message, 0);
      try {
        binding.ecdsaRecover(signature, overflows ? 2 : 0, message, true, result);
      } catch {
        // X of no point; or the nonce is the point at infinity.
        return false;
      }
      return result[0] === 2 && endsWith(result, schnorr);
    },
    checkTapTweak(internalKey, tweak, outputKey, parity) {
      point.set(internalKey, 1);
      try {
        binding.publicKeyTweakAdd(point, tweak, true, result);
      } catch {
        return false;
      }
      return result[0] === 2 + parity && endsWith(result, outputKey);
    },
  };
}

/**
 * The package's binary. Never its main file, which takes `elliptic` where the binary is missing.
 */
function loadBinding(): Binding | undefined {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js') as Binding;
  } catch {
    return undefined;
  }
}

/** Twice the hash of the tag, then X of the nonce, the key and the message. */
const challenge = challengeMemory();

function challengeMemory(): Buffer {
  const memory = Buffer.alloc(160);
  const tag = sha256('sha256', Buffer.from('BIP0340/challenge'), 'latin1');
  memory.write(tag, 0, 'latin1');
  memory.write(tag, 32, 'latin1');
  return memory;
}

const challengeHash = Buffer.alloc(32);

/** What stands for the message in the equation of BIP 340. */
function challengeOf(signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  challenge.set(signature, 64);
  challenge.set(publicKey, 96);
  challenge.set(message, 128);
  challengeHash.write(sha256('sha256', challenge, 'latin1'), 'latin1');
  return integerOf(challengeHash, 0);
}

/** Whether X of a compressed point is the first 32 bytes of something. */
function endsWith(point: Uint8Array, x: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (point[i + 1] !== x[i]) return false;
  return true;
}

function integerOf(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
  const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  return (high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24);
}

function writeInteger(value: bigint, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
  view.setBigUint64(0, value >> 192n);
  view.setBigUint64(8, (value >> 128n) & WORD);
  view.setBigUint64(16, (value >> 64n) & WORD);
  view.setBigUint64(24, value & WORD);
}
