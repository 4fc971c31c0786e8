import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { BlockView, hashToHex, regtest, toHex } from '@btcp2p/wire';
import { chainFile } from '../src/chain-file.ts';
import { loadChain } from '../src/load-chain.ts';

const recipe = { blocks: 140, transactions: 1_000 };

let directory: string;
let file: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'btcp2p-chain-'));
  file = chainFile(recipe, join(directory, 'made'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The blocks of a file in Core's framing. */
function blocksOf(path: string): BlockView[] {
  const bytes = readFileSync(path);
  const blocks: BlockView[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(toHex(bytes.subarray(at, at + 4))).toBe(toHex(regtest.magic));
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    blocks.push(BlockView.of(new Uint8Array(bytes.subarray(at + 8, end))));
    at = end;
  }
  return blocks;
}

describe('the file of a chain', () => {
  test('has the blocks in the framing of Core', () => {
    const blocks = blocksOf(file);
    expect(blocks).toHaveLength(recipe.blocks);
    const payments = blocks.reduce((sum, { transactionCount }) => sum + transactionCount - 1, 0);
    expect(payments).toBe(recipe.transactions);
  });

  test('is made once, and nothing else is left', () => {
    const { ino } = statSync(file);
    expect(chainFile(recipe, join(directory, 'made'))).toBe(file);
    expect(statSync(file).ino).toBe(ino);
    expect(readdirSync(join(directory, 'made'))).toHaveLength(1);
  });

  test('nothing is left of one that cannot be made', () => {
    expect(() => chainFile({ blocks: 100, transactions: 5 }, join(directory, 'bad'))).toThrow(RangeError);
    expect(readdirSync(join(directory, 'bad'))).toEqual([]);
  });
});

describeWithBitcoind('Bitcoin Core', (binary) => {
  test('accepts the chain, and comes to the coins that the payments leave', async () => {
    const { peer, facts } = await loadChain(binary, file, recipe.blocks);
    await peer.stop();
    const coins = new Set<string>();
    const blocks = blocksOf(file);
    for (const block of blocks) {
      block.transactions().forEach((transaction, i) => {
        for (const { prevout } of transaction.inputs) coins.delete(`${toHex(prevout.txid)} ${prevout.index}`);
        transaction.outputs.forEach(({ scriptPubKey }, index) => {
          if (scriptPubKey[0] !== 0x6a) coins.add(`${toHex(block.txid(i))} ${index}`);
        });
      });
    }
    expect(facts.txouts).toBe(coins.size);
    expect(facts.bestblock).toBe(hashToHex(blocks.at(-1)!.hash()));
    expect(facts.height).toBe(recipe.blocks);
  });
});
