import type { PlainTx } from './plain-tx.ts';

/** A library that decodes blocks. */
export interface BlockLibrary {
  readonly name: string;
  readonly version: string;
  /** Decodes all transactions of a whole block into objects. */
  readonly decode: (block: Uint8Array) => DecodedBlock;
}

/** A block as a library has it. What the library cannot do with it is not there. */
export interface DecodedBlock {
  /** How many transactions there are, and the weight. */
  readonly facts?: () => string;
  /** All txids, 32 bytes in wire order. */
  readonly txids: () => readonly Uint8Array[];
  /** The fields of all transactions. */
  readonly fields: () => readonly PlainTx[];
  /** All transactions' bytes, made anew. */
  readonly encode: () => readonly Uint8Array[];
  /** Whether the block is in order, as far as the library checks it. */
  readonly check?: () => boolean;
}
