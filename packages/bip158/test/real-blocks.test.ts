// Blocks that were mined: the vectors of BIP 158 with their whole blocks, and mainnet's filter headers.
import { expect, test } from '@jest/globals';
import { blkFile, blockFiles, dataFile, describeWithData, jsonFile } from '@btcp2p/testdata';
import { BlockView, fromHex, hashFromHex, hashToHex, toHex } from '@btcp2p/wire';
import { basicFilter, filterHash, filterHeader, NO_FILTER_HEADER } from '../src/index.ts';
import { FILTER_VECTORS } from './filter-vectors.ts';

/** Of testnet-19.json: height, hash, block, spent scripts, header before, filter, header, note. */
type Row = [number, string, string, string[], string, string, string, string];

describeWithData('real blocks', () => {
  test('BIP 158\'s test vectors', () => {
    const [, ...rows] = jsonFile<[unknown, ...Row[]]>('vectors/bips/bip-0158/testnet-19.json');
    expect(rows.map(([height]) => height)).toEqual(FILTER_VECTORS.map(({ height }) => height));
    for (const [, hash, block, spent, previous, filter, header, note] of rows) {
      const view = BlockView.of(fromHex(block));
      expect([note, hashToHex(view.hash())]).toEqual([note, hash]);
      const { bytes } = basicFilter(view, spent.map(fromHex));
      expect([note, toHex(bytes)]).toEqual([note, filter]);
      const ours = filterHeader(filterHash(bytes), hashFromHex(previous));
      expect([note, hashToHex(ours)]).toEqual([note, header]);
    }
  });

  const headers = dataFile('vectors/filter-headers_mainnet_0-99999.bin');
  const headerAt = (height: number): Uint8Array =>
    height < 0 ? NO_FILTER_HEADER : headers.subarray(32 * height, 32 * (height + 1));
  const check = (height: number, block: BlockView, spent: Iterable<Uint8Array>): void => {
    const { bytes } = basicFilter(block, spent);
    const header = filterHeader(filterHash(bytes), headerAt(height - 1));
    expect([height, toHex(header)]).toEqual([height, toHex(headerAt(height))]);
  };

  test('filter headers of mainnet\'s first blocks', () => {
    const scripts = new Map<string, Uint8Array>();
    for (const [i, bytes] of blkFile('mainnet_blocks_1-256').entries()) {
      const block = BlockView.of(bytes);
      const spent: Uint8Array[] = [];
      for (const [at, { inputs, outputs }] of block.transactions().entries()) {
        if (at > 0) for (const { prevout } of inputs) spent.push(scripts.get(nameOf(prevout))!);
        const txid = block.txid(at);
        for (const [index, { scriptPubKey }] of outputs.entries()) {
          scripts.set(nameOf({ txid, index }), scriptPubKey);
        }
      }
      check(i + 1, block, spent);
    }
  });

  test('filter headers of later blocks whose spent outputs are known', () => {
    let count = 0;
    for (const { network, height, bytes, prevouts } of blockFiles()) {
      if (network !== 'main' || height > 99_999 || prevouts === undefined) continue;
      check(height, BlockView.of(bytes), prevouts.map(({ script }) => script));
      count++;
    }
    expect(count).toBeGreaterThanOrEqual(7);
  });
});

function nameOf({ txid, index }: { readonly txid: Uint8Array; readonly index: number }): string {
  return `${toHex(txid)}:${index}`;
}
