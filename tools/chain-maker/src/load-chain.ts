import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';

/** What a chain comes to, as bitcoind's `gettxoutsetinfo` tells it. */
export interface ChainFacts {
  readonly height: number;
  /** Hash of the tip, hex, in display order. */
  readonly bestblock: string;
  /** How many coins there are. */
  readonly txouts: number;
  /** Hash of all coins. */
  readonly hash_serialized_3: string;
}

/** Milliseconds that bitcoind has to load a chain. */
const TIMEOUT_MS = 600_000;

/** No log, and nobody to dial. */
const QUIET = ['-debug=0', '-nodebuglogfile', '-connect=0', '-disablewallet'];

/**
 * Starts a bitcoind that has checked all blocks of a file, in the framing of its own ones, and serves
 * them.
 *
 * @param height that of the last block
 * @throws Error if it does not accept them
 */
export async function loadChain(
  binary: string,
  file: string,
  height: number,
): Promise<{ readonly peer: BitcoindPeer; readonly facts: ChainFacts }> {
  const peer = await startBitcoind(binary, [...QUIET, `-loadblock=${file}`]);
  try {
    const reached = await peer.rpc<{ height: number }>('waitforblockheight', height, TIMEOUT_MS);
    if (reached.height < height) throw new Error(`bitcoind is at height ${reached.height}`);
    const info = await peer.rpc<ChainFacts>('gettxoutsetinfo', 'hash_serialized_3');
    const { bestblock, txouts, hash_serialized_3 } = info;
    return { peer, facts: { height: info.height, bestblock, txouts, hash_serialized_3 } };
  } catch (error) {
    await peer.stop();
    throw error;
  }
}
