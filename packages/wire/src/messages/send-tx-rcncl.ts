// sendtxrcncl (BIP 330): version 4 | salt 8
import { struct, u32, u64, type Codec } from '../codec.ts';

/** `sendtxrcncl` offers to reconcile sets of transactions. */
export interface SendTxRcncl {
  readonly version: number;
  /** Goes into the key of the short ids. */
  readonly salt: bigint;
}

export const SendTxRcncl: Codec<SendTxRcncl> = struct<SendTxRcncl>({ version: u32, salt: u64 });
