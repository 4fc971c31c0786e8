import { createHash } from 'node:crypto';

/** A transaction's fields as every library has them, to compare what they decoded. */
export interface PlainTx {
  readonly version: number;
  readonly lockTime: number;
  readonly inputs: readonly {
    /** 32 bytes in wire order. */
    readonly txid: Uint8Array;
    readonly index: number;
    readonly script: Uint8Array;
    readonly sequence: number;
    readonly witness: readonly Uint8Array[];
  }[];
  readonly outputs: readonly { readonly value: bigint; readonly script: Uint8Array }[];
}

/** One hash over all fields of all transactions. */
export function digestOfFields(transactions: readonly PlainTx[]): string {
  const hash = createHash('sha256');
  const number = (value: number): unknown => hash.update(`${value >>> 0} `);
  const bytes = (value: Uint8Array): unknown => hash.update(`${value.length} `) && hash.update(value);
  for (const { version, lockTime, inputs, outputs } of transactions) {
    for (const value of [version, lockTime, inputs.length, outputs.length]) number(value);
    for (const { txid, index, script, sequence, witness } of inputs) {
      for (const value of [index, sequence, witness.length]) number(value);
      for (const value of [txid, script, ...witness]) bytes(value);
    }
    for (const { value, script } of outputs) {
      hash.update(`${value} `);
      bytes(script);
    }
  }
  return hash.digest('hex');
}
