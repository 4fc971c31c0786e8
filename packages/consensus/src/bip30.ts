import { equalHashes, hashFromHex } from '@btcp2p/wire';
import type { ConsensusParams } from './params.ts';

/**
 * From here on, BIP 34 no longer rules out that a coinbase repeats an older one, whose script began
 * with a height in the future (Core `BIP34_IMPLIES_BIP30_LIMIT`, validation.cpp).
 */
export const BIP34_IMPLIES_BIP30_LIMIT = 1_983_702;

// Heights and hashes: Core validation.cpp, `IsBIP30Repeat` and `IsBIP30Unspendable`.

const REPEATS: ReadonlyMap<number, Uint8Array> = /* @__PURE__ */ new Map([
  [
    91_842,
    /* @__PURE__ */ hashFromHex(
      '00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec',
    ),
  ],
  [
    91_880,
    /* @__PURE__ */ hashFromHex(
      '00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721',
    ),
  ],
]);

const UNSPENDABLE: ReadonlyMap<number, Uint8Array> = /* @__PURE__ */ new Map([
  [
    91_722,
    /* @__PURE__ */ hashFromHex(
      '00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e',
    ),
  ],
  [
    91_812,
    /* @__PURE__ */ hashFromHex(
      '00000000000af0aed4792b1acee3d966af36cf5def14935db8de83d6f9306f2f',
    ),
  ],
]);

/**
 * Whether a block is one of the two of mainnet whose coinbases repeat older ones (Core
 * `IsBIP30Repeat`, validation.cpp).
 *
 * @param hash of the block, 32 bytes in wire order
 */
export function isBip30Repeat(height: number, hash: Uint8Array): boolean {
  return isAt(REPEATS, height, hash);
}

/**
 * Whether a block is one of the two of mainnet whose coinbases were repeated before anyone spent
 * them, and so were lost (Core `IsBIP30Unspendable`, validation.cpp).
 *
 * @param hash of the block, 32 bytes in wire order
 */
export function isBip30Unspendable(height: number, hash: Uint8Array): boolean {
  return isAt(UNSPENDABLE, height, hash);
}

/**
 * Whether the coins have to be asked for outputs that a block's transactions would overwrite; if
 * there are any, the reason is `bad-txns-BIP30`. They need not be in the two blocks that do it, nor
 * where BIP 34 makes it impossible: above its height on the chain that is known (Core
 * `ConnectBlock`, validation.cpp).
 *
 * @param height of the block; it has a parent
 * @param hash of the block, 32 bytes in wire order
 * @param hashAt of the block at a height of its chain, below its own
 */
export function enforcesBip30(
  height: number,
  hash: Uint8Array,
  hashAt: (height: number) => Uint8Array,
  params: ConsensusParams,
): boolean {
  if (height >= BIP34_IMPLIES_BIP30_LIMIT) return true;
  if (isBip30Repeat(height, hash)) return false;
  const { bip34Height, bip34Hash } = params;
  return bip34Height >= height || !equalHashes(hashAt(bip34Height), bip34Hash);
}

function isAt(
  blocks: ReadonlyMap<number, Uint8Array>,
  height: number,
  hash: Uint8Array,
): boolean {
  const known = blocks.get(height);
  return known !== undefined && equalHashes(known, hash);
}
