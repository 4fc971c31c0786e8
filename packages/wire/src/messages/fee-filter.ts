// feefilter (BIP 133): fee rate 8
import { i64, struct, type Codec } from '../codec.ts';

/** `feefilter` asks not to be told of transactions that pay less. */
export interface FeeFilter {
  /** Satoshis for 1,000 virtual bytes, signed 64 bits as in Core. */
  readonly feerate: bigint;
}

export const FeeFilter: Codec<FeeFilter> = struct<FeeFilter>({ feerate: i64 });
