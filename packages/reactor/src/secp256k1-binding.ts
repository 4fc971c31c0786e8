import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Secp256k1 } from '@btcp2p/bip324';
import { requireSecretKey } from './secp256k1-secret-key.ts';

/** What is used of the package `secp256k1`, version 5. */
interface Binding {
  contextRandomize(seed: Uint8Array): void;
  /** Writes 65 bytes: 4, X and Y. */
  publicKeyCreate(secretKey: Uint8Array, compressed: false, output: Uint8Array): Uint8Array;
  ecdh(
    publicKey: Uint8Array,
    secretKey: Uint8Array,
    options: {
      readonly hashfn: (x: Uint8Array, y: Uint8Array) => Uint8Array;
      readonly xbuf: Uint8Array;
      readonly ybuf: Uint8Array;
    },
    output: Uint8Array,
  ): Uint8Array;
}

/** Those of the operations that the package has. */
export type Products = Pick<Secp256k1, 'publicX' | 'multiplyX'>;

/**
 * Products with keys by libsecp256k1, in constant time, through the optional package `secp256k1`.
 *
 * @returns undefined if the package is not installed, or has no binary for this system
 */
export function bindingSecp256k1(): Products | undefined {
  const binding = loadBinding();
  if (binding === undefined) return undefined;
  const publicKey = new Uint8Array(65);
  const point = Uint8Array.of(2, ...new Uint8Array(32));
  const product = { x: new Uint8Array(32), y: new Uint8Array(32) };
  // The coordinates are wanted as they are, so that the "hash" is a byte that nobody reads.
  const hash = new Uint8Array(1);
  const options = { hashfn: () => new Uint8Array(1), xbuf: product.x, ybuf: product.y };
  return {
    publicX(secretKey) {
      requireSecretKey(secretKey);
      binding.publicKeyCreate(secretKey, false, publicKey);
      return toInteger(publicKey, 1);
    },
    multiplyX(x, secretKey) {
      requireSecretKey(secretKey);
      // Of the two points with this X it is the one with an even Y, which makes no difference to X.
      fromInteger(x, point, 1);
      try {
        binding.ecdh(point, secretKey, options, hash);
      } catch (cause) {
        throw new RangeError('not the X coordinate of a point', { cause });
      }
      const result = toInteger(product.x, 0);
      product.x.fill(0);
      product.y.fill(0);
      return result;
    },
  };
}

/**
 * The package's binary. Never its main file, which takes `elliptic` where the binary is missing: a
 * library in JavaScript that is neither fast nor takes constant time.
 */
function loadBinding(): Binding | undefined {
  let binding: Binding;
  try {
    binding = createRequire(import.meta.url)('secp256k1/bindings.js') as Binding;
  } catch {
    return undefined;
  }
  // Blinds products with the generator.
  binding.contextRandomize(new Uint8Array(randomBytes(32)));
  return binding;
}

function toInteger(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
  const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  return (high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24);
}

function fromInteger(value: bigint, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
  // Of what is more, these take the low 64 bits.
  for (let word = 0; word < 4; word++) view.setBigUint64(8 * word, value >> BigInt(192 - 64 * word));
}
