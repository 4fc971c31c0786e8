// ping, pong: nonce 8 (BIP 31). Before protocol version 60001 a ping was empty and had no answer.
import type { Codec } from '../codec.ts';

/** `ping` asks the peer for a `pong` of the same nonce (BIP 31). */
export interface Ping {
  /** 64 bits; undefined in a ping of the old kind, which is not answered. */
  readonly nonce: bigint | undefined;
}

export const Ping: Codec<Ping> = {
  size: ({ nonce }) => (nonce === undefined ? 0 : 8),
  write(writer, { nonce }) {
    if (nonce !== undefined) writer.u64(nonce);
  },
  // Core reads a pong of fewer than 8 bytes as "short payload", not as a fault (net_processing.cpp).
  read: (reader) => ({ nonce: reader.remaining < 8 ? undefined : reader.u64() }),
};

/** `pong` answers a `ping` (BIP 31). */
export type Pong = Ping;
export const Pong: Codec<Pong> = Ping;
