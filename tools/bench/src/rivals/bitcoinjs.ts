import { Block } from 'bitcoinjs-lib';
import type { BlockLibrary, DecodedBlock } from '../block-library.ts';
import { packageVersion } from '../package-version.ts';

/** bitcoinjs-lib: its blocks decode all transactions, and hash with noble. */
export const bitcoinjs: BlockLibrary = {
  name: 'bitcoinjs-lib',
  version: packageVersion('bitcoinjs-lib'),
  decode: (bytes) => decoded(Block.fromBuffer(bytes)),
};

function decoded(block: Block): DecodedBlock {
  const transactions = block.transactions!;
  return {
    facts: () => `${transactions.length} transactions, weight ${block.weight()}`,
    txids: () => transactions.map((transaction) => transaction.getHash()),
    fields: () =>
      transactions.map(({ version, locktime, ins, outs }) => ({
        version,
        lockTime: locktime,
        inputs: ins.map(({ hash, ...input }) => ({ ...input, txid: hash })),
        outputs: outs.map(({ value, script }) => ({ value: BigInt(value), script })),
      })),
    encode: () => transactions.map((transaction) => transaction.toBuffer()),
    check: () => block.checkProofOfWork() && block.checkTxRoots(),
  };
}
