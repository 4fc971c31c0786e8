import { loadBcoin, type Bcoin, type BcoinBlock, type BcoinTx } from '@btcp2p/bcoin-peer';
import type { BlockLibrary, DecodedBlock } from '../block-library.ts';
import type { PlainTx } from '../plain-tx.ts';

/** The fields of bcoin 1.0.2's transactions, as far as they are compared. */
interface Fields {
  readonly version: number;
  readonly locktime: number;
  readonly inputs: readonly {
    readonly prevout: { readonly hash: string; readonly index: number };
    readonly script: { readonly raw: Uint8Array };
    readonly sequence: number;
    readonly witness: { readonly items: readonly Uint8Array[] };
  }[];
  readonly outputs: readonly {
    readonly value: number;
    readonly script: { readonly raw: Uint8Array };
  }[];
}

/** bcoin, loaded into this process; where it cannot be had, a phrase that says why. */
export function tryBcoin(): Bcoin | string {
  try {
    return loadBcoin('node');
  } catch (error) {
    return `bcoin (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
  }
}

/** bcoin's blocks: they decode all transactions, and hash with node:crypto. */
export function bcoinLibrary(bcoin: Bcoin): BlockLibrary {
  return {
    name: 'bcoin',
    version: bcoin.version,
    decode: (bytes) => decoded(bcoin.Block.fromRaw(bcoin.buffer(bytes))),
  };
}

function decoded(block: BcoinBlock): DecodedBlock {
  const { getWeight } = block as unknown as { readonly getWeight: () => number };
  return {
    facts: () => `${block.txs.length} transactions, weight ${getWeight.call(block)}`,
    txids: () => block.txs.map((transaction) => transaction.hash()),
    fields: () => (block.txs as unknown as readonly Fields[]).map(plain),
    encode: () => block.txs.map(encodeAnew),
    check: () => block.verifyPOW() && block.verifyBody(),
  };
}

/** It keeps the bytes that it decoded, and would answer those. */
function encodeAnew(transaction: BcoinTx): Uint8Array {
  transaction.refresh();
  return transaction.toRaw();
}

function plain({ version, locktime, inputs, outputs }: Fields): PlainTx {
  return {
    version,
    lockTime: locktime,
    inputs: inputs.map(({ prevout, script, sequence, witness }) => ({
      txid: Buffer.from(prevout.hash, 'hex'),
      index: prevout.index,
      script: script.raw,
      sequence,
      witness: witness.items,
    })),
    outputs: outputs.map(({ value, script }) => ({ value: BigInt(value), script: script.raw })),
  };
}
