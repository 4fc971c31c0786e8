// verack, wtxidrelay (BIP 339), sendaddrv2 (BIP 155), sendheaders (BIP 130), getaddr,
// mempool (BIP 35), filterclear (BIP 37): messages that say all with their type.
import type { Codec } from '../codec.ts';

/** A payload of no bytes. Bytes that a peer sends all the same are ignored, as in Core. */
export type Empty = Readonly<Record<string, never>>;

const EMPTY: Empty = {};

export const Empty: Codec<Empty> = {
  size: () => 0,
  write() {},
  read: () => EMPTY,
};
