// sendcmpct (BIP 152): announce 1 | version 8
import { bool, struct, u64, type Codec } from '../codec.ts';

/** `sendcmpct` says that the sender takes compact blocks. */
export interface SendCmpct {
  /** Whether new blocks should come as `cmpctblock` without being asked for (high bandwidth). */
  readonly announce: boolean;
  /** 2 today: short ids of wtxids. */
  readonly version: bigint;
}

export const SendCmpct: Codec<SendCmpct> = struct<SendCmpct>({ announce: bool, version: u64 });
