import { array, type Codec } from './codec.ts';
import { MAX_INV_SZ } from './limits.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** What a hash in an inventory names (Core `GetDataMsg`, protocol.h). */
export type InventoryType =
  | 'error'
  | 'tx'
  | 'block'
  | 'filtered_block'
  | 'cmpct_block'
  | 'wtx'
  | 'witness_block'
  | 'witness_tx'
  | 'filtered_witness_block';

/** One thing that a peer has or wants. */
export interface InventoryVector {
  /** A number for types that are not known here. */
  readonly type: InventoryType | number;
  /** Txid, wtxid or block hash: 32 bytes in wire order. */
  readonly hash: Uint8Array;
}

/** Set in the types of `getdata` that ask for witnesses (BIP 144; Core `MSG_WITNESS_FLAG`). */
export const MSG_WITNESS_FLAG: number = 1 << 30;

/** BIP 37, 152, 339 and, with {@link MSG_WITNESS_FLAG}, 144. */
const NUMBERS: Readonly<Record<InventoryType, number>> = {
  error: 0,
  tx: 1,
  block: 2,
  filtered_block: 3,
  cmpct_block: 4,
  wtx: 5,
  witness_tx: 1 | MSG_WITNESS_FLAG,
  witness_block: 2 | MSG_WITNESS_FLAG,
  filtered_witness_block: 3 | MSG_WITNESS_FLAG,
};

const TYPES = new Map<number, InventoryType>(
  Object.entries(NUMBERS).map(([type, number]) => [number, type as InventoryType]),
);

/** Bytes of an inventory vector: type 4, hash 32 (Core `CInv`, protocol.h). */
export const INVENTORY_VECTOR_SIZE = 36;

export const InventoryVector: Codec<InventoryVector> = {
  size: () => INVENTORY_VECTOR_SIZE,
  write(writer: Writer, { type, hash }: InventoryVector): void {
    writer.u32(typeof type === 'number' ? type : NUMBERS[type]);
    writer.hash(hash);
  },
  read(reader: Reader): InventoryVector {
    const number = reader.u32();
    return { type: TYPES.get(number) ?? number, hash: reader.bytes(32) };
  },
};

/** The payload of `inv`, `getdata` and `notfound`: at most 50,000 entries. */
export interface Inventory {
  readonly inventory: readonly InventoryVector[];
}

const vectors = array(InventoryVector, { max: MAX_INV_SZ, minSize: INVENTORY_VECTOR_SIZE });

export const Inventory: Codec<Inventory> = {
  size: ({ inventory }) => vectors.size(inventory),
  write: (writer, { inventory }) => vectors.write(writer, inventory),
  read: (reader) => ({ inventory: vectors.read(reader) }),
};
