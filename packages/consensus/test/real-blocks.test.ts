import { expect, test } from '@jest/globals';
import {
  blkFile,
  blockFiles,
  describeWithData,
  fromHex,
  hexLines,
  jsonFile,
} from '@btcp2p/testdata';
import { BlockView, mainnet, regtest, signet, testnet3, type Network } from '@btcp2p/wire';
import {
  checkBlock,
  checkBlockContext,
  consensusParams,
  genesisAnchor,
  HeaderTree,
  isBlockMutated,
} from '../src/index.ts';
import { entryOf, LATE, nativeSha256d } from './support.ts';

/** Both checks of a block that must pass them. */
function expectInOrder(
  block: BlockView,
  network: Network,
  height: number,
  medianTimePast: number,
): void {
  const params = consensusParams(network);
  const result = checkBlock(block, params, nativeSha256d);
  if (result.status !== 'ok') throw new Error(`${height}: ${JSON.stringify(result)}`);
  const context = { height, medianTimePast, txids: result.txids };
  expect(checkBlockContext(block, context, params, nativeSha256d)).toEqual({ status: 'ok' });
  expect(isBlockMutated(block, height >= params.segwitHeight, nativeSha256d)).toBe(false);
}

describeWithData('real blocks', () => {
  const networks = { main: mainnet, testnet3 };

  test('all single ones of mainnet and testnet3 pass', () => {
    const files = blockFiles();
    for (const { bytes, network, height } of files) {
      const block = BlockView.of(bytes);
      // The median time past is not known here; it is below the block's own time.
      expectInOrder(block, networks[network], height, block.header.time);
    }
    expect(files.length).toBe(51);
  });

  /** Adds blocks to a tree of headers and checks each one in its place; returns the tree. */
  const chain = (network: Network, blocks: readonly Uint8Array[]): HeaderTree => {
    const params = consensusParams(network);
    const tree = new HeaderTree({ params, anchor: genesisAnchor(network), sha256d: nativeSha256d });
    for (const bytes of blocks) {
      const block = BlockView.of(bytes);
      const entry = entryOf(tree.add(block.headerBytes, LATE));
      const parent = tree.parent(entry);
      // Genesis has no parent.
      if (parent === undefined) continue;
      expectInOrder(block, network, tree.height(entry), tree.medianTimePast(parent));
    }
    return tree;
  };

  test('the first ones of mainnet', () => {
    // The first of these starts at block 1, the second one at genesis.
    expect(chain(mainnet, blkFile('mainnet_blocks_1-256')).size).toBe(256);
    expect(chain(mainnet, blkFile('mainnet_blocks_first100kB')).size).toBe(439);
  });

  test('an alternate mainnet of 2,016', () => {
    const tree = chain(mainnet, blkFile('alt-mainnet/alt_mainnet_1-2016'));
    expect(tree.height(tree.best)).toBe(2_016);
  });

  test('regtest: 150, 206, and 10 against 11', () => {
    const regtestChain = (blocks: readonly Uint8Array[]): number => chain(regtest, blocks).size;
    expect(regtestChain(hexLines('regtest/floresta_blocks.txt'))).toBe(151);
    expect(regtestChain(hexLines('regtest/rust-bitcoinkernel_block_data.txt'))).toBe(207);
    const [shorter, longer] = jsonFile<string[][]>('regtest/floresta_test_reorg.json');
    const tree = chain(regtest, [...shorter!, ...longer!].map(fromHex));
    // The fork is after 5 blocks of the shorter branch.
    expect(tree.height(tree.best)).toBe(5 + longer!.length);
    const tip = BlockView.of(fromHex(longer!.at(-1)!));
    expect(tree.find(tip.hash(nativeSha256d))).toBe(tree.best);
  });

  test('signet', () => {
    const blocks = jsonFile<{ block: string }[]>('regtest/floresta_wire_signet_blocks.json');
    const tree = chain(
      signet,
      blocks.map(({ block }) => fromHex(block)),
    );
    expect(tree.height(tree.best)).toBe(blocks.length - 1);
  });
});
