// Blocks that were mined, through a view, through objects and back, and against bitcoinjs-lib.
import { expect, test } from '@jest/globals';
import {
  blkFile,
  blockFiles,
  describeWithData,
  fromHex,
  hexLines,
  jsonFile,
} from '@btcp2p/testdata';
import { Block as OtherBlock, type Transaction as OtherTransaction } from 'bitcoinjs-lib';
import {
  BLOCK_HEADER_SIZE,
  blockHash,
  blockHeaderBytes,
  BlockView,
  compactSizeSize,
  encode,
  hashToHex,
  hasWitness,
  mainnet,
  networks,
  Reader,
  signet,
  strippedSize,
  Transaction,
  txid,
  weight,
  wtxid,
  Writer,
} from '../src/index.ts';
import { concat, mustBeSame, nativeSha256d } from './support/bytes.ts';
import { merkleRoot } from './support/merkle.ts';

/** A block decoded into objects and written again from them. */
function rewritten(view: BlockView): Uint8Array {
  const count = new Uint8Array(compactSizeSize(view.transactionCount));
  new Writer(count).compactSize(view.transactionCount);
  const parts = [blockHeaderBytes(view.header), count];
  const reader = new Reader(view.bytes.subarray(BLOCK_HEADER_SIZE + count.length));
  for (let i = 0; i < view.transactionCount; i++)
    parts.push(encode(Transaction, Transaction.read(reader)));
  reader.end();
  return concat(parts);
}

/** `expect(actual).toBe(expected)`, which takes too long for each field of a million inputs. */
function mustBeEqual(actual: number | bigint, expected: number | bigint): void {
  if (actual !== expected) throw new Error(`${actual} is not ${expected}`);
}

/** Every field of a transaction against those of bitcoinjs-lib's. */
function mustHaveSameFields(ours: Transaction, theirs: OtherTransaction): void {
  expect([ours.version, ours.lockTime]).toEqual([theirs.version, theirs.locktime]);
  expect([ours.inputs.length, ours.outputs.length]).toEqual([
    theirs.ins.length,
    theirs.outs.length,
  ]);
  for (const [i, input] of ours.inputs.entries()) {
    const other = theirs.ins[i]!;
    mustBeSame(input.prevout.txid, other.hash, 'prevout');
    mustBeSame(input.scriptSig, other.script, 'scriptSig');
    mustBeEqual(input.prevout.index, other.index);
    mustBeEqual(input.sequence, other.sequence);
    mustBeEqual(input.witness.length, other.witness.length);
    for (const [j, item] of input.witness.entries()) mustBeSame(item, other.witness[j]!, 'witness');
  }
  for (const [i, output] of ours.outputs.entries()) {
    mustBeSame(output.scriptPubKey, theirs.outs[i]!.script, 'scriptPubKey');
    mustBeEqual(output.value, BigInt(theirs.outs[i]!.value));
  }
}

/** Checks all of a block; returns how many transactions it has. */
function check(bytes: Uint8Array, sample: number): number {
  const view = BlockView.of(bytes);
  mustBeSame(view.bytes, bytes, 'view');
  mustBeSame(rewritten(view), bytes, 'rewritten');

  const other = OtherBlock.fromBuffer(bytes);
  const others = other.transactions!;
  expect(view.transactionCount).toBe(others.length);
  mustBeSame(blockHash(view.header, nativeSha256d), other.getHash(), 'block hash');
  mustBeSame(view.hash(), other.getHash(), 'block hash of the view');
  expect([view.weight, view.strippedSize, view.size]).toEqual([
    other.weight(),
    other.byteLength(false, false),
    bytes.length,
  ]);

  const txids = view.txids(nativeSha256d);
  const wtxids = txids.map((_, i) => view.wtxid(i, nativeSha256d));
  for (const [i, theirs] of others.entries()) {
    mustBeSame(txids[i]!, theirs.getHash(), `txid ${i}`);
    if (!theirs.hasWitnesses()) mustBeSame(wtxids[i]!, txids[i]!, `wtxid ${i}`);
    // For bitcoinjs-lib a coinbase's wtxid is what stands for it in the commitment: zeros.
    else if (i > 0) mustBeSame(wtxids[i]!, theirs.getHash(true), `wtxid ${i}`);
    if (i % sample !== 0) continue;
    const ours = view.transaction(i);
    mustHaveSameFields(ours, theirs);
    expect([weight(ours), strippedSize(ours), hasWitness(ours)]).toEqual([
      theirs.weight(),
      theirs.byteLength(false),
      theirs.hasWitnesses(),
    ]);
    expect(view.hasWitness(i)).toBe(theirs.hasWitnesses());
    // The default hash, on objects and on the view.
    mustBeSame(txid(ours), txids[i]!, 'txid of the object');
    mustBeSame(wtxid(ours), wtxids[i]!, 'wtxid of the object');
    mustBeSame(view.txid(i), txids[i]!, 'txid of the view');
  }

  mustBeSame(merkleRoot(txids), view.header.merkleRoot, 'merkle root');
  checkWitnessCommitment(view, wtxids, other);
  const stripped = BlockView.of(view.strippedBytes());
  expect([stripped.size, stripped.weight]).toEqual([view.strippedSize, 4 * view.strippedSize]);
  mustBeSame(
    merkleRoot(stripped.txids(nativeSha256d)),
    view.header.merkleRoot,
    'merkle root when stripped'
  );
  return view.transactionCount;
}

const commitments = { checked: 0, computed: 0 };

/** BIP 141: root of the wtxids, the coinbase's being zeros, hashed with the coinbase's witness. */
function checkWitnessCommitment(
  view: BlockView,
  wtxids: readonly Uint8Array[],
  other: OtherBlock
): void {
  const expected = other.getWitnessCommit();
  if (expected === null) return;
  const reserved = view.transaction(0).inputs[0]!.witness[0]!;
  const root = merkleRoot([new Uint8Array(32), ...wtxids.slice(1)]);
  const commitment = nativeSha256d(concat([root, reserved]));
  mustBeSame(commitment, expected, 'witness commitment');
  // bitcoinjs-lib hashes everything once more for it, so only now and then.
  if (commitments.checked++ % 6 !== 0) return;
  commitments.computed++;
  const computed = OtherBlock.calculateMerkleRoot(other.transactions!, true);
  mustBeSame(commitment, computed, "bitcoinjs-lib's commitment");
}

describeWithData('single blocks', () => {
  let transactions = 0;
  const files = blockFiles();

  // The largest ones have thousands of transactions: of these every 50th is compared in full.
  test.each(files.map((file) => file.name))('%s', (name) => {
    const { bytes } = files.find((file) => file.name === name)!;
    transactions += check(bytes, 50);
  });

  test('were all there', () => {
    expect(files.length).toBeGreaterThanOrEqual(50);
    expect(transactions).toBeGreaterThan(40_000);
  });

  test('had commitments, some of which bitcoinjs-lib computed too', () => {
    expect(commitments.checked).toBeGreaterThan(12);
    expect(commitments.computed).toBeGreaterThan(2);
  });
});

describeWithData('chains of blocks', () => {
  /** Checks linked blocks. */
  function checkChain(blocks: readonly Uint8Array[], startsAt?: Uint8Array): void {
    let previous = startsAt;
    for (const bytes of blocks) {
      check(bytes, 1);
      const { header } = BlockView.of(bytes);
      if (previous !== undefined) mustBeSame(header.prevBlockHash, previous, 'link');
      previous = nativeSha256d(bytes.subarray(0, BLOCK_HEADER_SIZE));
    }
  }

  test.each([
    ['blocks-early/mainnet_blocks_1-256', 255, true],
    ['blocks-early/mainnet_blocks_first100kB', 439, false],
    ['alt-mainnet/alt_mainnet_1-2016', 2_016, true],
  ] as const)('%s', (name, count, followsGenesis) => {
    const blocks = blkFile(name);
    expect(blocks).toHaveLength(count);
    checkChain(blocks, followsGenesis ? mainnet.genesisHash : undefined);
  });

  test('a file that starts with genesis starts with ours', () => {
    mustBeSame(
      blkFile('blocks-early/mainnet_blocks_first100kB')[0]!,
      mainnet.genesis.bytes,
      'genesis'
    );
  });

  test('signet', () => {
    const blocks = jsonFile<{ block: string }[]>('regtest/floresta_wire_signet_blocks.json');
    expect(blocks).toHaveLength(121);
    checkChain(blocks.map(({ block }) => fromHex(block)));
    mustBeSame(fromHex(blocks[0]!.block), signet.genesis.bytes, 'genesis');
  });

  test('regtest', () => {
    const lines = [
      ...hexLines('regtest/rust-bitcoinkernel_block_data.txt'),
      ...hexLines('regtest/floresta_blocks.txt'),
      ...jsonFile<string[][]>('regtest/floresta_test_reorg.json').flat().map(fromHex),
    ];
    expect(lines).toHaveLength(206 + 151 + 10 + 11);
    for (const bytes of lines) check(bytes, 1);
  });

  test('of filter vectors: BIP 158, Core and bcoin', () => {
    type Row = [height: number, hash: string, block: string, ...rest: unknown[]];
    for (const file of [
      'vectors/bips/bip-0158/testnet-19.json',
      'vectors/core/blockfilters.json',
      'vectors/bcoin/filter-valid.json',
    ]) {
      const rows = jsonFile<(Row | [string])[]>(file).filter((row): row is Row => row.length > 3);
      expect(rows.length).toBeGreaterThanOrEqual(9);
      for (const [, hash, block] of rows) {
        const bytes = fromHex(block);
        check(bytes, 1);
        expect(hashToHex(BlockView.of(bytes).hash())).toBe(hash);
      }
    }
  });
});

test('the genesis blocks, for which no data is needed', () => {
  for (const { genesis } of Object.values(networks)) expect(check(genesis.bytes, 1)).toBe(1);
});
