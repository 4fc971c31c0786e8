import { setImmediate } from 'node:timers/promises';
import { checkProofOfWork, type ConsensusParams } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import { BLOCK_HEADER_SIZE } from '@btcp2p/wire';

/** How to mine. */
export interface MineOptions {
  readonly params: ConsensusParams;
  /** How many nonces may still be tried. */
  readonly maxTries: bigint;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** How mining ended. */
export interface MineResult {
  /**
   * - `found`: the block has its proof of work
   * - `tried-enough`: `maxTries` were not enough, or the signal came
   * - `no-nonce-left`: no nonce makes this block valid
   */
  readonly status: 'found' | 'tried-enough' | 'no-nonce-left';
  /** How many of `maxTries` are left. */
  readonly triesLeft: bigint;
}

const LAST_NONCE = 0xffff_ffff;

/** How often the clock is looked at, in hashes: about a millisecond apart. */
const HASHES_PER_LOOK = 256;

/** How long to go on without giving others a turn, in milliseconds. */
const SLICE = 10;

/**
 * Tries the nonces of a block from its own on, which is written into it, until the proof of work holds
 * (Core `GenerateBlock`, rpc/mining.cpp). Others get their turn after each slice of 10 ms; a block of
 * regtest takes two tries, and no turn.
 *
 * As in Core, the last try is one too many, and a proof of work with the last nonce is not looked for.
 *
 * @param block its first 80 bytes are the header
 */
export async function mineBlock(block: Uint8Array, options: MineOptions): Promise<MineResult> {
  const { params, signal } = options;
  const header = block.subarray(0, BLOCK_HEADER_SIZE);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const bits = view.getUint32(72, true);
  let nonce = view.getUint32(76, true);
  let triesLeft = options.maxTries;
  let sliceEnd = performance.now() + SLICE;
  for (let hashes = 1; triesLeft > 0n && nonce < LAST_NONCE; hashes++) {
    if (signal?.aborted === true) return { status: 'tried-enough', triesLeft };
    if (checkProofOfWork(nativeSha256d(header), bits, params)) return { status: 'found', triesLeft };
    view.setUint32(76, ++nonce, true);
    triesLeft--;
    if (hashes % HASHES_PER_LOOK !== 0 || performance.now() < sliceEnd) continue;
    await setImmediate();
    sliceEnd = performance.now() + SLICE;
  }
  return { status: triesLeft === 0n ? 'tried-enough' : 'no-nonce-left', triesLeft };
}
