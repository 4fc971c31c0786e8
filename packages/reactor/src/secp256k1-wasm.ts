import type { Secp256k1 } from '@btcp2p/bip324';
import { SLOT, START } from './secp256k1-code.ts';
import { Secp256k1Memory } from './secp256k1-memory.ts';
import { requireSecretKey } from './secp256k1-secret-key.ts';
import { makeTable, startSum } from './secp256k1-table.ts';

/** SEC 2, §2.4.1: the field's size, 2^256 - 2^32 - 977. */
const P = 2n ** 256n - 2n ** 32n - 977n;

/**
 * Arithmetic of secp256k1 in WebAssembly: roots and inverses, and products with keys.
 *
 * A product takes the same steps and reads the same addresses whatever the key is. What it leaves
 * in the module's memory is overwritten; the registers and the stack of the engine are not, nor are
 * the integers that come out.
 *
 * @param memory where it works; nobody else may
 * @throws where there is no WebAssembly
 */
export function wasmSecp256k1(memory: Secp256k1Memory = new Secp256k1Memory()): Secp256k1 {
  const { wasm } = memory;
  let hasTable = false;

  function sqrt(a: bigint): bigint | undefined {
    memory.write(SLOT.argument, a);
    return wasm.root() === 0 ? memory.read(SLOT.result) : undefined;
  }

  function invert(a: bigint): bigint {
    memory.write(SLOT.argument, a);
    wasm.invert();
    return memory.read(SLOT.result);
  }

  function publicX(secretKey: Uint8Array): bigint {
    requireSecretKey(secretKey);
    if (!hasTable) makeTable(memory);
    hasTable = true;
    memory.writeKey(secretKey);
    startSum(memory, START);
    wasm.comb();
    const x = memory.read(SLOT.result);
    memory.wipe();
    return x;
  }

  function multiplyX(x: bigint, secretKey: Uint8Array): bigint {
    requireSecretKey(secretKey);
    // The ladder would take other values for points of another curve, of a smaller order.
    if (sqrt((x * x * x + 7n) % P) === undefined) {
      throw new RangeError('not the X coordinate of a point');
    }
    memory.writeKey(secretKey);
    memory.write(SLOT.base, x);
    memory.write(SLOT.x1, 1n);
    memory.write(SLOT.z1, 0n);
    memory.write(SLOT.x2, x);
    memory.write(SLOT.z2, 1n);
    wasm.ladder();
    const product = memory.read(SLOT.result);
    memory.wipe();
    return product;
  }

  return { sqrt, invert, publicX, multiplyX };
}
