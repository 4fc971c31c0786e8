import { Block } from 'bitcoinjs-lib';
import type { BlockLibrary } from '../block-library.ts';
import { packageVersion } from '../package-version.ts';

/** bitcoinjs-lib: its blocks decode all transactions, and hash with noble. */
export const bitcoinjs: BlockLibrary<Block> = {
  name: 'bitcoinjs-lib',
  version: packageVersion('bitcoinjs-lib'),
  decode: ({ bytes }) => Block.fromBuffer(bytes),
  facts: (block) => `${block.transactions!.length} ${block.weight()}`,
  txids: (block) => block.transactions!.map((transaction) => transaction.getHash()),
  fields: (block) =>
    block.transactions!.map(({ version, locktime, ins, outs }) => ({
      version,
      lockTime: locktime,
      inputs: ins.map(({ hash, index, script, sequence, witness }) => ({
        txid: hash, index, script, sequence, witness,
      })),
      outputs: outs.map(({ value, script }) => ({ value: BigInt(value), script })),
    })),
  encode: (block) => block.transactions!.map((transaction) => transaction.toBuffer()),
  check: (block) => block.checkProofOfWork() && block.checkTxRoots(),
};
