import { expect, test } from '@jest/globals';
import { consensusParams } from '@btcp2p/consensus';
import { blockFiles, describeWithData } from '@btcp2p/testdata';
import { BlockView, decode, encode, hashFromHex, mainnet, testnet3, toHex } from '@btcp2p/wire';
import {
  BlockUndo,
  coinHashBytes,
  CoinsCache,
  CoinsStore,
  connectBlock,
  disconnectBlock,
  MemoryStore,
  type Coin,
} from '../src/index.ts';
import { nativeSha256d } from './support.ts';

const NO_TXID = new Uint8Array(32);

/** One string for many coins, which jest compares more quickly. */
function digestOf(coins: readonly (Coin | undefined)[]): string {
  const parts = coins.map((coin) => coin && coinHashBytes({ txid: NO_TXID, index: 0 }, coin));
  return parts.map((part) => (part === undefined ? 'none' : toHex(part))).join();
}

describeWithData('real blocks', () => {
  const files = blockFiles().filter(({ prevouts }) => prevouts !== undefined);
  // Core kernel/chainparams.cpp, BIP34Hash.
  const bip34 = {
    main: hashFromHex('000000000000024b89b42a942fe0d9fea3bb44ab7bd1b19115dd6a759c0808b8'),
    testnet3: hashFromHex('0000000023b3a96d3484e5abb3755c413e7d41500f8e2a5c3f0dd01299cd8ef8'),
  };

  test.each(files.map((file) => [file.name, file] as const))('%s', (_, file) => {
    const block = BlockView.of(file.bytes);
    const prevouts = file.prevouts!;
    const txids = block.txids(nativeSha256d);
    const own = new Set(txids.map(toHex));
    const coins = new CoinsCache(new CoinsStore(new MemoryStore()));
    const inputs = block.transactions().slice(1).flatMap((transaction) => transaction.inputs);
    const isOutside = inputs.map(({ prevout }) => !own.has(toHex(prevout.txid)));
    const outside = inputs.filter((_, i) => isOutside[i]);
    for (const [i, { prevout }] of inputs.entries()) {
      if (!isOutside[i]) continue;
      const { value, script: scriptPubKey } = prevouts[i]!;
      const height = 1 + (i % (file.height - 1));
      coins.addCoin(prevout, { value, scriptPubKey, height, isCoinbase: false }, false);
    }
    coins.setBestBlock(block.header.prevBlockHash);
    coins.flush();
    const before = coins.getCoins(outside.map(({ prevout }) => prevout));
    expect(before.includes(undefined)).toBe(false);

    const options = {
      hash: block.hash(nativeSha256d),
      height: file.height,
      params: consensusParams(file.network === 'main' ? mainnet : testnet3),
      txids,
      blockHashAt: () => bip34[file.network],
    };
    const trial = new CoinsCache(coins);
    const result = connectBlock(block, trial, options);
    if (result.status !== 'ok') throw new Error(`${result.reason}: ${result.debug}`);
    const spent = result.undo.transactions.flatMap((each) => each.prevouts);
    expect(spent.length).toBe(prevouts.length);
    const found = spent.map(({ value, scriptPubKey }) => `${value} ${toHex(scriptPubKey)}`);
    const expected = prevouts.map(({ value, script }) => `${value} ${toHex(script)}`);
    expect(found.join()).toBe(expected.join());
    const undo = decode(BlockUndo, encode(BlockUndo, result.undo));
    expect(digestOf(undo.transactions.flatMap((each) => each.prevouts))).toBe(digestOf(spent));
    trial.flush();
    coins.flush();
    expect(outside.some(({ prevout }) => coins.hasCoin(prevout))).toBe(false);

    const back = new CoinsCache(coins);
    expect(disconnectBlock(block, undo, back, options)).toBe('ok');
    back.flush();
    expect(digestOf(coins.getCoins(outside.map(({ prevout }) => prevout)))).toBe(digestOf(before));
    expect(txids.some((id) => coins.hasCoin({ txid: id, index: 0 }))).toBe(false);

    // With nothing in the coins that it spends, some transaction pays more than it has.
    if (inputs.length === 0 || inputs.length > 5_000) return;
    const poor = new CoinsCache(coins);
    for (const { prevout } of outside) {
      const coin = poor.getCoin(prevout)!;
      poor.addCoin(prevout, { ...coin, value: 0n }, true);
    }
    expect(connectBlock(block, poor, options).status).toBe('invalid');
  });
});
