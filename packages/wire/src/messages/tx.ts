// tx: one transaction (BIP 144)
import { struct, type Codec } from '../codec.ts';
import { TransactionView } from '../transaction-view.ts';

/** `tx` answers a `getdata` for it. */
export interface Tx {
  readonly transaction: TransactionView;
}

export const Tx: Codec<Tx> = struct<Tx>({ transaction: TransactionView });
