import { checkBlock, consensusParams } from '@btcp2p/consensus';
import {
  BlockView, encode, mainnet, Transaction, type Sha256d, type TxIn, type TxOut,
} from '@btcp2p/wire';
import type { PlainTx } from '../plain-tx.ts';

const params = consensusParams(mainnet);

/** All transactions of a block as objects. */
export function transactionsOf(bytes: Uint8Array): Transaction[] {
  const block = BlockView.of(bytes);
  const transactions: Transaction[] = [];
  for (let i = 0; i < block.transactionCount; i++) transactions.push(block.transaction(i));
  return transactions;
}

/** Each transaction's bytes, made anew. */
export function encodeAll(transactions: readonly Transaction[]): Uint8Array[] {
  return transactions.map((transaction) => encode(Transaction, transaction));
}

/** The txids if the block is in order, else why it is not. */
export function check(bytes: Uint8Array, hash: Sha256d): string {
  return checkBlock(BlockView.of(bytes), params, hash).status;
}

/** The fields to compare. */
export function plainTx({ version, lockTime, inputs, outputs }: Transaction): PlainTx {
  return {
    version,
    lockTime,
    inputs: inputs.map(({ prevout, scriptSig, sequence, witness }: TxIn) => ({
      ...prevout, script: scriptSig, sequence, witness,
    })),
    outputs: outputs.map(({ value, scriptPubKey }: TxOut) => ({ value, script: scriptPubKey })),
  };
}
