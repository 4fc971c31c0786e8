// Measures storage on a real disk: `storage.ts [directory]`. Prints one line for each figure.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { regtest } from '@btcp2p/wire';
import { Storage } from '../src/storage/storage.ts';
import { makeBlock, type MadeBlock } from '../test/support/blocks.ts';

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'btcp2p-bench-'));

async function timed(name: string, count: number, unit: string, job: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await job();
  const seconds = (performance.now() - start) / 1_000;
  const rate = Math.round(count / seconds).toLocaleString('en');
  console.log(`${name}: ${count.toLocaleString('en')} ${unit} in ${seconds.toFixed(2)} s, ${rate}/s`);
}

/** As a node does: a bounded number of blocks wait for their acknowledgement. */
async function store(storage: Storage, blocks: readonly MadeBlock[], atOnce: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let block = blocks[next++]; block !== undefined; block = blocks[next++]) {
      await storage.blocks.append(block.bytes, block.hash);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const open = (): Promise<Storage> => Storage.open({ directory, network: regtest });
const small = Array.from({ length: 100_000 }, (_, i) => makeBlock(i, 120));
const large = Array.from({ length: 200 }, (_, i) => makeBlock(1_000_000 + i, 1_500_000));

let storage = await open();
await storage.headers.load(() => true);
await timed('store small blocks, 16 at once', small.length, 'blocks', () => store(storage, small, 16));
await timed('store large blocks, 16 at once', 300, 'MB', () => store(storage, large, 16));
await timed('read small blocks, one by one', 10_000, 'blocks', async () => {
  for (const { hash } of small.slice(0, 10_000)) await storage.blocks.read(hash);
});
await timed('read large blocks, one by one', 300, 'MB', async () => {
  for (const { hash } of large) await storage.blocks.read(hash);
});
const batch = new Uint8Array(80 * 2_000);
await timed('store headers, 2,000 at a time', 1_000_000, 'headers', async () => {
  for (let i = 0; i < 500; i++) await storage.headers.append(batch);
});
await timed('sync and close', 1, 'time', () => storage.close());
await timed('open again', small.length + large.length, 'blocks', async () => (storage = await open()));
let count = 0;
await timed('read headers', 1_000_000, 'headers', () => storage.headers.load(() => ++count > 0));
await storage.close();
rmSync(directory, { recursive: true });
