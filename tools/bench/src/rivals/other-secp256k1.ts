import { createECDH } from 'node:crypto';
import { ellSwift, type EllSwift, type Secp256k1 } from '@btcp2p/bip324';
import { wasmSecp256k1 } from '@btcp2p/reactor';
import { pointFromScalar, pointMultiply } from 'tiny-secp256k1';

// Others that multiply points of secp256k1, with the rest of ElligatorSwift as ours computes it.

const { sqrt, invert } = wasmSecp256k1();

/** libsecp256k1 in WebAssembly. Its product varies in time with the key. */
export const tinyEllSwift: EllSwift = over({
  publicX: (secretKey) => xOf(pointFromScalar(secretKey, true)!),
  multiplyX: (x, secretKey) => xOf(pointMultiply(pointOf(x), secretKey, true)!),
});

/** OpenSSL, by way of `node:crypto`. */
export const openSslEllSwift: EllSwift = over({
  publicX(secretKey) {
    const ecdh = createECDH('secp256k1');
    ecdh.setPrivateKey(secretKey);
    return xOf(ecdh.getPublicKey(undefined, 'compressed') as Uint8Array);
  },
  multiplyX(x, secretKey) {
    const ecdh = createECDH('secp256k1');
    ecdh.setPrivateKey(secretKey);
    return xOf(ecdh.computeSecret(pointOf(x)), 0);
  },
});

function over(products: Pick<Secp256k1, 'publicX' | 'multiplyX'>): EllSwift {
  return ellSwift({ sqrt, invert, ...products });
}

/** The point with this X and an even Y, compressed. */
function pointOf(x: bigint): Uint8Array {
  return Buffer.from(`02${x.toString(16).padStart(64, '0')}`, 'hex');
}

function xOf(bytes: Uint8Array, offset = 1): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex', offset)}`);
}
