// `node tools/chain-maker/dist/main.js [--blocks N] [--transactions N] [--seed N] [--check]`: makes a
// chain unless it is there, and prints where it is. With --check, the bitcoind that BITCOIND names
// loads it, and tells what it comes to.
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bitcoind } from '@btcp2p/testdata';
import { CHAIN_CACHE, chainFile } from './chain-file.ts';
import { loadChain } from './load-chain.ts';

const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '2000' },
    transactions: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    directory: { type: 'string', default: CHAIN_CACHE },
    check: { type: 'boolean', default: false },
  },
});

const start = performance.now();
const recipe = {
  blocks: Number(values.blocks),
  transactions: Number(values.transactions),
  seed: BigInt(values.seed),
};
const file = chainFile(recipe, values.directory);
console.log(`${file}: ${statSync(file).size} bytes (${secondsSince(start)})`);
if (values.check) await check();

async function check(): Promise<void> {
  const binary = bitcoind();
  if (binary === undefined) throw new Error('there is no bitcoind (set BITCOIND)');
  const start = performance.now();
  const { peer, facts } = await loadChain(binary, file, recipe.blocks);
  console.log(`bitcoind accepts it (${secondsSince(start)}):`, facts);
  await peer.stop();
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1_000).toFixed(1)} s`;
}
