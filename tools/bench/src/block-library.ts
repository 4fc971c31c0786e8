import type { PlainTx } from './plain-tx.ts';

/** A block to measure with. */
export interface BlockSample {
  /** `413567` or `831328`. */
  readonly name: string;
  /** The whole block. */
  readonly bytes: Uint8Array;
}

/** What a library does with a block. What it cannot do is not there. */
export interface BlockLibrary<Decoded> {
  readonly name: string;
  readonly version?: string;
  /** All transactions as objects. */
  readonly decode: (block: BlockSample) => Decoded;
  /** How many transactions there are, and the block's weight; where the library reads blocks. */
  readonly facts?: (decoded: Decoded) => string;
  /** All txids, 32 bytes in wire order. */
  readonly txids: (decoded: Decoded) => readonly Uint8Array[];
  /** The fields of all transactions. */
  readonly fields: (decoded: Decoded) => readonly PlainTx[];
  /** All transactions' bytes, made anew. */
  readonly encode: (decoded: Decoded) => readonly Uint8Array[];
  /** Whether the block is in order, as far as the library checks. */
  readonly check?: (decoded: Decoded) => boolean;
}
