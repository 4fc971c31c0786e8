import { equalHashes } from '@btcp2p/wire';
import { isBuriedDeploymentActive } from './buried-deployments.ts';
import type { ConsensusParams } from './params.ts';
import { BlockScriptFlags } from './script-flags.ts';

const F = BlockScriptFlags;

/**
 * The script rules that a block is under (Core `GetBlockScriptFlags`, validation.cpp). P2SH, segwit
 * and taproot hold from genesis on, since no block but the exceptions of `params` breaks them; the
 * others from their heights.
 *
 * @param height of the block
 * @param hash of the block, 32 bytes in wire order
 */
export function blockScriptFlags(
  height: number,
  hash: Uint8Array,
  params: ConsensusParams,
): BlockScriptFlags {
  const exception = params.scriptFlagExceptions.find((known) => equalHashes(known.hash, hash));
  let flags: number = exception?.flags ?? F.P2SH | F.WITNESS | F.TAPROOT;
  if (isBuriedDeploymentActive('bip66', height, params)) flags |= F.DERSIG;
  if (isBuriedDeploymentActive('bip65', height, params)) flags |= F.CHECKLOCKTIMEVERIFY;
  if (isBuriedDeploymentActive('csv', height, params)) flags |= F.CHECKSEQUENCEVERIFY;
  if (isBuriedDeploymentActive('segwit', height, params)) flags |= F.NULLDUMMY;
  return flags;
}
