import { describe, expect, test } from '@jest/globals';
import {
  blockSubsidy, checkBlock, COINBASE_MATURITY, consensusParams, isBlockMutated,
} from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import {
  PrecomputedTransaction, STANDARD_SCRIPT_VERIFY_FLAGS, verifyTransactionScripts,
} from '@btcp2p/script';
import { hashToHex, regtest, toHex, type BlockView, type OutPoint, type TxOut } from '@btcp2p/wire';
import { makeBlocks, type Recipe } from '../src/make-blocks.ts';
import { RECIPE_VERSION } from '../src/chain-file.ts';

const RECIPE: Recipe = { blocks: 130, transactions: 400 };
const params = consensusParams(regtest);
const blocks = [...makeBlocks(RECIPE)];

interface Entry extends TxOut {
  readonly height: number;
  readonly isCoinbase: boolean;
}

const name = ({ txid, index }: OutPoint): string => `${hashToHex(txid)}:${index}`;

/** Connects a block to the coins, and gives each payment to `check` with what it spends. */
function connect(
  coins: Map<string, Entry>,
  block: BlockView,
  height: number,
  check: (index: number, spent: readonly Entry[]) => void,
): void {
  block.transactions().forEach((transaction, i) => {
    if (i > 0) {
      const spent = transaction.inputs.map(({ prevout }) => {
        const coin = coins.get(name(prevout));
        if (coin === undefined) throw new Error(`${name(prevout)} is not there`);
        coins.delete(name(prevout));
        return coin;
      });
      check(i, spent);
    }
    const txid = block.txid(i, nativeSha256d);
    transaction.outputs.forEach((output, index) => {
      if (output.scriptPubKey[0] === 0x6a) return;
      coins.set(name({ txid, index }), { ...output, height, isCoinbase: i === 0 });
    });
  });
}

const total = (outputs: readonly TxOut[]): bigint => outputs.reduce((sum, { value }) => sum + value, 0n);

describe('a chain', () => {
  test('its blocks are in order, follow one another, and have their witnesses committed to', () => {
    expect(blocks).toHaveLength(RECIPE.blocks);
    let previous = regtest.genesisHash;
    for (const block of blocks) {
      expect(checkBlock(block, params, nativeSha256d).status).toBe('ok');
      expect(isBlockMutated(block, true, nativeSha256d)).toBe(false);
      expect(hashToHex(block.header.prevBlockHash)).toBe(hashToHex(previous));
      previous = block.hash(nativeSha256d);
    }
  });

  test('has as many payments as asked for, evenly, from the first height that can have some', () => {
    const counts = blocks.map(({ transactionCount }) => transactionCount - 1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(RECIPE.transactions);
    expect(counts.slice(0, COINBASE_MATURITY).every((count) => count === 0)).toBe(true);
    const later = new Set(counts.slice(COINBASE_MATURITY));
    expect([...later].sort()).toEqual([13, 14]);
  });

  test('every input unlocks what it spends, and amounts are right', () => {
    const coins = new Map<string, Entry>();
    const kinds = new Map<string, number>();
    let inSameBlock = 0;
    blocks.forEach((block, i) => {
      const height = i + 1;
      let fees = 0n;
      connect(coins, block, height, (index, spent) => {
        const transaction = block.transaction(index);
        expect(spent.length).toBeGreaterThanOrEqual(1);
        expect(spent.length).toBeLessThanOrEqual(3);
        expect(transaction.outputs.length).toBeGreaterThanOrEqual(1);
        expect(transaction.outputs.length).toBeLessThanOrEqual(3);
        expect(transaction.outputs.every(({ value }) => value > 0n)).toBe(true);
        const fee = total(spent) - total(transaction.outputs);
        expect(fee).toBeGreaterThan(0n);
        fees += fee;
        for (const coin of spent) {
          if (coin.isCoinbase) expect(height - coin.height).toBeGreaterThanOrEqual(COINBASE_MATURITY);
          if (coin.height === height) inSameBlock++;
          const kind = toHex(coin.scriptPubKey.subarray(0, 2));
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        }
        const precomputed = PrecomputedTransaction.of(transaction, spent);
        expect(verifyTransactionScripts(precomputed, STANDARD_SCRIPT_VERIFY_FLAGS)).toEqual({
          status: 'ok',
        });
      });
      expect(total(block.transaction(0).outputs)).toBe(blockSubsidy(height, params) + fees);
    });
    // P2WPKH, P2TR, P2SH.
    expect([...kinds.keys()].sort()).toEqual(['0014', '5120', 'a914']);
    expect(Math.min(...kinds.values())).toBeGreaterThan(100);
    expect(inSameBlock).toBeGreaterThan(0);
  });

  test('a signature that is changed does not hold', () => {
    const coins = new Map<string, Entry>();
    let checked = 0;
    blocks.forEach((block, i) => {
      connect(coins, block, i + 1, (index, spent) => {
        if (checked >= 20) return;
        checked++;
        const transaction = block.transaction(index);
        const outputs = transaction.outputs.map((output) => ({ ...output, value: output.value - 1n }));
        const changed = PrecomputedTransaction.of({ ...transaction, outputs }, spent);
        expect(verifyTransactionScripts(changed, STANDARD_SCRIPT_VERIFY_FLAGS).status).toBe('invalid');
      });
    });
    expect(checked).toBe(20);
  });
});

describe('a recipe', () => {
  test('makes the same chain whenever and wherever; if this one differs, raise RECIPE_VERSION', () => {
    const tip = hashToHex(blocks.at(-1)!.hash());
    expect([RECIPE_VERSION, tip]).toEqual([
      1, '68437d21c06cc069974e9a37d6d0c6102ed250ae34ba81f65345a8117f59878d',
    ]);
  });

  test('with another seed makes another chain', () => {
    const [first] = makeBlocks({ blocks: 1, transactions: 0 });
    const [other] = makeBlocks({ blocks: 1, transactions: 0, seed: 2n });
    expect(toHex(other!.bytes)).not.toBe(toHex(first!.bytes));
    const [again] = makeBlocks({ blocks: 1, transactions: 0, seed: 1n });
    expect(toHex(again!.bytes)).toBe(toHex(first!.bytes));
  });

  test.each([
    { blocks: 100, transactions: 1 },
    { blocks: 101, transactions: 901 },
    { blocks: 200, transactions: -1 },
    { blocks: 200, transactions: 1.5 },
    { blocks: 200, transactions: NaN },
    { blocks: -1, transactions: 0 },
    { blocks: 1.5, transactions: 0 },
  ])('of no chain is refused: %j', (recipe) => {
    expect(() => makeBlocks(recipe).next()).toThrow(RangeError);
  });

  test('may fill blocks', () => {
    const made = [...makeBlocks({ blocks: 101, transactions: 900 })];
    expect(made.at(-1)!.transactionCount).toBe(901);
    expect(checkBlock(made.at(-1)!, params, nativeSha256d).status).toBe('ok');
  });
});
