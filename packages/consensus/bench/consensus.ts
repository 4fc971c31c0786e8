/**
 * Headers a second and bytes a header on 210,371 real ones, and milliseconds for real blocks. Run by
 * hand, with Node 22.6 or later:
 * `node -C @btcp2p/source --experimental-strip-types packages/consensus/bench/consensus.ts`.
 */
import { hash } from 'node:crypto';
import { blockFile, headersFile, retargetHeaders } from '@btcp2p/testdata';
import { BlockView, mainnet, type Sha256d } from '@btcp2p/wire';
import { checkBlock, checkBlockContext, consensusParams, HeaderTree } from '../src/index.ts';

const sha256d: Sha256d = (bytes) => hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer');
const params = consensusParams(mainnet);

/** The least of some runs, in milliseconds. */
function best(rounds: number, run: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.min(...times);
}

function benchHeaders(): void {
  const headers = headersFile('mainnet_194270-404640');
  const count = headers.length / 80;
  const headerAt = (i: number): Uint8Array => headers.subarray(80 * i, 80 * i + 80);
  const periodStart = retargetHeaders().find(({ height }) => height === 193_536)!.header;
  const anchor = { header: headerAt(0), height: 194_270, chainWork: 0n, periodStart };
  let bytes = 0;
  const time = best(5, () => {
    const tree = new HeaderTree({ params, anchor, sha256d, salt: 1n });
    for (let i = 1; i < count; i++) {
      const { status } = tree.add(headerAt(i), 2_000_000_000);
      if (status !== 'added') throw new Error(`${status} at ${i}`);
    }
    bytes = tree.byteLength;
  });
  const hashTime = best(5, () => {
    for (let i = 1; i < count; i++) sha256d(headerAt(i));
  });
  const micro = (ms: number): string => `${((1_000 * ms) / count).toFixed(2)} µs`;
  console.log(`${count} headers: ${Math.round((1_000 * count) / time)} a second`);
  console.log(`  ${micro(time)} each, of which hashing ${micro(hashTime)}`);
  console.log(`  ${(bytes / count).toFixed(1)} bytes each`);
}

function benchBlock(name: string): void {
  const { bytes, height } = blockFile(name);
  const block = BlockView.of(bytes);
  const hashTime = best(20, () => block.txids(sha256d));
  const time = best(20, () => checkBlock(block, params, sha256d));
  const both = best(20, () => {
    const result = checkBlock(block, params, sha256d);
    if (result.status !== 'ok') throw new Error(result.reason);
    const context = { height, medianTimePast: block.header.time, txids: result.txids };
    const { status } = checkBlockContext(block, context, params, sha256d);
    if (status !== 'ok') throw new Error(status);
  });
  console.log(`${name}: ${block.transactionCount} transactions, ${block.size} bytes`);
  const [ids, one, two] = [hashTime, time, both].map((ms) => `${ms.toFixed(2)} ms`);
  console.log(`  txids ${ids}, checkBlock ${one}, with checkBlockContext ${two}`);
}

benchHeaders();
for (const name of ['main-413567', 'main-367891', 'main-831331']) benchBlock(name);
