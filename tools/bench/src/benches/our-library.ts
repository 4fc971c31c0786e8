import { checkBlock, consensusParams } from '@btcp2p/consensus';
import { BlockView, encode, mainnet, Transaction, type Sha256d } from '@btcp2p/wire';
import type { PlainTx } from '../plain-tx.ts';

/** Ours, as a contender is called. */
export const OURS = 'btcp2p';

const params = consensusParams(mainnet);

/** All transactions of a block as objects. */
export function transactionsOf(bytes: Uint8Array): Transaction[] {
  return BlockView.of(bytes).transactions();
}

/** Each transaction's bytes, made anew. */
export function encodeAll(transactions: readonly Transaction[]): Uint8Array[] {
  return transactions.map((transaction) => encode(Transaction, transaction));
}

/** Whether a block of mainnet is in order, as far as it shows by itself. */
export function isBlockOk(bytes: Uint8Array, hash: Sha256d): boolean {
  return checkBlock(BlockView.of(bytes), params, hash).status === 'ok';
}

/** The fields to compare. */
export function plainTx({ version, lockTime, inputs, outputs }: Transaction): PlainTx {
  return {
    version,
    lockTime,
    inputs: inputs.map(({ prevout, scriptSig, sequence, witness }) => ({
      ...prevout,
      script: scriptSig,
      sequence,
      witness,
    })),
    outputs: outputs.map(({ value, scriptPubKey }) => ({ value, script: scriptPubKey })),
  };
}
