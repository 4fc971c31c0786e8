import { compactSizeSize, Writer } from '@btcp2p/wire';
import { compareBytes } from './bytes.ts';
import { TAPROOT_CONTROL_BASE_SIZE, TAPROOT_CONTROL_NODE_SIZE } from './limits.ts';
import { nobleHashes, type ScriptHashes } from './script-hashes.ts';
import { tagPrefix } from './tagged-hash.ts';

const TAP_LEAF = tagPrefix('TapLeaf');
const TAP_BRANCH = tagPrefix('TapBranch');
const TAP_TWEAK = tagPrefix('TapTweak');

/** The hash of a leaf of a tree of scripts, 32 bytes (BIP 341, Core `ComputeTapleafHash`). */
export function tapleafHash(
  leafVersion: number, script: Uint8Array, hashes: ScriptHashes = nobleHashes,
): Uint8Array {
  const bytes = new Uint8Array(64 + 1 + compactSizeSize(script.length) + script.length);
  const writer = new Writer(bytes);
  writer.bytes(TAP_LEAF());
  writer.u8(leafVersion);
  writer.varBytes(script);
  return hashes.sha256(bytes);
}

/** The hash of two nodes in either order, 32 bytes each (BIP 341, Core `ComputeTapbranchHash`). */
export function tapbranchHash(
  a: Uint8Array, b: Uint8Array, hashes: ScriptHashes = nobleHashes,
): Uint8Array {
  const ordered = compareBytes(a, b) < 0;
  return hashes.sha256(tagged(TAP_BRANCH(), ordered ? a : b, ordered ? b : a));
}

/**
 * The root of the tree of scripts that a control block proves a leaf to be in, 32 bytes (Core
 * `ComputeTaprootMerkleRoot`).
 *
 * @param control 33 bytes, and 32 for each node of the path
 */
export function taprootMerkleRoot(
  control: Uint8Array, leafHash: Uint8Array, hashes: ScriptHashes = nobleHashes,
): Uint8Array {
  let node = leafHash;
  for (let at = TAPROOT_CONTROL_BASE_SIZE; at < control.length; at += TAPROOT_CONTROL_NODE_SIZE) {
    node = tapbranchHash(node, control.subarray(at, at + TAPROOT_CONTROL_NODE_SIZE), hashes);
  }
  return node;
}

/**
 * What is added to an internal key, times the generator, to make the output key (BIP 341): 32 bytes.
 *
 * @param internalKey 32 bytes
 * @param merkleRoot 32 bytes; undefined for an output without scripts
 */
export function tapTweakHash(
  internalKey: Uint8Array, merkleRoot?: Uint8Array, hashes: ScriptHashes = nobleHashes,
): Uint8Array {
  return hashes.sha256(tagged(TAP_TWEAK(), internalKey, merkleRoot));
}

function tagged(prefix: Uint8Array, first: Uint8Array, second?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(64 + 32 + (second === undefined ? 0 : 32));
  bytes.set(prefix, 0);
  bytes.set(first, 64);
  if (second !== undefined) bytes.set(second, 96);
  return bytes;
}
