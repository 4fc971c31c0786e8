// tx: one transaction (BIP 144)
import { struct, type Codec } from '../codec.ts';
import { Transaction } from '../transaction.ts';

/** `tx` answers a `getdata` for it. */
export interface Tx {
  readonly transaction: Transaction;
}

export const Tx: Codec<Tx> = struct<Tx>({ transaction: Transaction });
