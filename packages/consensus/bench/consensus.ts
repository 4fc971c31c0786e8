/**
 * Headers a second and bytes a header on 210,371 real ones, and milliseconds for one real block.
 * Run by hand: `npx tsc -b packages/wire packages/consensus tools/testdata`, then
 * `node --experimental-strip-types packages/consensus/bench/consensus.ts` from Node 22.6 on.
 */
import { hash } from 'node:crypto';
import { blockFile, headersFile, retargetHeaders } from '@btcp2p/testdata';
import { BlockView, type Sha256d } from '@btcp2p/wire';
import { mainnet } from '@btcp2p/wire';
import { checkBlock, checkBlockContext, consensusParams, HeaderTree } from '@btcp2p/consensus';

const sha256d: Sha256d = (bytes) => hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer');
const params = consensusParams(mainnet);

function milliseconds(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function best(rounds: number, run: () => void): number {
  return Math.min(...Array.from({ length: rounds }, () => milliseconds(run)));
}

const headers = headersFile('mainnet_194270-404640');
const count = headers.length / 80;
const periodStart = retargetHeaders().find(({ height }) => height === 193_536)!.header;
let tree: HeaderTree | undefined;
const addAll = (): void => {
  const anchor = { header: headers.subarray(0, 80), height: 194_270, chainWork: 0n, periodStart };
  tree = new HeaderTree({ params, anchor, sha256d, salt: 1n });
  for (let at = 80; at < headers.length; at += 80) {
    const { status } = tree.add(headers.subarray(at, at + 80), 2_000_000_000);
    if (status !== 'added') throw new Error(`${status} at ${at / 80}`);
  }
};
const headersTime = best(5, addAll);
const hashTime = best(5, () => {
  for (let at = 80; at < headers.length; at += 80) sha256d(headers.subarray(at, at + 80));
});
console.log(`${count} headers: ${Math.round((count / headersTime) * 1_000)} a second`);
console.log(`  ${((headersTime * 1_000) / count).toFixed(2)} µs each, hash ${((hashTime * 1_000) / count).toFixed(2)}`);
console.log(`  ${(tree!.byteLength / count).toFixed(1)} bytes each`);

for (const name of ['main-413567', 'main-831331', 'main-367891']) {
  const block = BlockView.of(blockFile(name).bytes);
  const context = { height: blockFile(name).height, medianTimePast: block.header.time };
  const time = best(20, () => checkBlock(block, params, sha256d));
  const both = best(20, () => {
    const result = checkBlock(block, params, sha256d);
    if (result.status !== 'ok') throw new Error(result.reason);
    const inContext = checkBlockContext(block, { ...context, txids: result.txids }, params, sha256d);
    if (inContext.status !== 'ok') throw new Error(inContext.reason);
  });
  const { transactionCount, size } = block;
  const hashes = best(20, () => block.txids(sha256d));
  console.log(`${name}, ${transactionCount} transactions, ${size} bytes: checkBlock ${time.toFixed(2)} ms (txids alone ${hashes.toFixed(2)}), with context ${both.toFixed(2)} ms`);
}
