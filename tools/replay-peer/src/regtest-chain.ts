import { nativeSha256d } from '@btcp2p/reactor';
import { RegtestChain } from '@btcp2p/regtest';
import { regtest } from '@btcp2p/wire';

/**
 * The first blocks of a valid regtest chain, genesis included, each with its coinbase alone: the
 * same ones at every call.
 */
export function regtestChain(count: number): Uint8Array[] {
  const blocks = new RegtestChain(nativeSha256d).mine(Math.max(0, count - 1));
  return [regtest.genesis, ...blocks].slice(0, count).map(({ bytes }) => bytes);
}
