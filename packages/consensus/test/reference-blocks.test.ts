import { expect, test } from '@jest/globals';
import { Block as ReferenceBlock } from 'bitcoinjs-lib';
import { blockFiles, describeWithData } from '@btcp2p/testdata';
import { BlockView } from '@btcp2p/wire';
import { merkleRoot, witnessCommitment, witnessMerkleRoot } from '../src/index.ts';
import { nativeSha256d } from './support.ts';

/** Compares roots and commitment with those that bitcoinjs-lib computes. */
function compareWithReference(block: BlockView): void {
  const reference = ReferenceBlock.fromBuffer(Buffer.from(block.bytes));
  const transactions = reference.transactions!;
  const root = ReferenceBlock.calculateMerkleRoot(transactions);
  const txids = block.txids(nativeSha256d);
  expect([...merkleRoot(txids, nativeSha256d).root]).toEqual([...root]);
  expect(block.weight).toBe(reference.weight());
  // Some blocks commit before BIP 141 holds, without the reserved value. The reference ignores them.
  if (!block.hasWitness(0)) return;
  const commitment = witnessCommitment(block.transaction(0))!;
  expect([...commitment]).toEqual([...reference.getWitnessCommit()!]);
  const witnessRoot = witnessMerkleRoot(block, nativeSha256d, txids);
  const [reserved] = block.transaction(0).inputs[0]!.witness;
  const hash = nativeSha256d(Uint8Array.from([...witnessRoot, ...reserved!]));
  expect([...hash]).toEqual([...commitment]);
  const wtxidRoot = ReferenceBlock.calculateMerkleRoot(transactions, true);
  expect([...hash]).toEqual([...wtxidRoot]);
}

describeWithData('bitcoinjs-lib', () => {
  test('finds the same roots, weights and commitments in all single blocks', () => {
    const files = blockFiles();
    for (const { bytes } of files) compareWithReference(BlockView.of(bytes));
    expect(files.length).toBe(51);
  });
});
