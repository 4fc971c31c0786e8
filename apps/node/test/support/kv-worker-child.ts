// Uses stores in a worker: `kv-worker-child.ts <directory>`. Prints what happened.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { keyValueStoreCompliance } from '@btcp2p/chainstate/compliance';
import { LmdbStore } from '../../src/storage/kv/lmdb-store.ts';
import { batchOf, checkBatches } from './kv-data.ts';

/** How often a worker is ended while it writes. */
const TIMES = 3;

if (isMainThread) await main();
else work(workerData as string);

async function main(): Promise<void> {
  const directory = join(process.argv[2]!, 'batches');
  const lasts: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: directory });
    let acknowledged = -1;
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.on('message', (batch: number) => {
        acknowledged = batch;
        if (batch >= (lasts.at(-1) ?? -1) + 3 + time) resolve();
      });
    });
    await worker.terminate();
    const store = LmdbStore.open(directory);
    const last = checkBatches(store);
    store.close();
    if (last < acknowledged) throw new Error(`batch ${last} is the last, not ${acknowledged}`);
    lasts.push(last);
  }
  console.log(JSON.stringify({ tests: keyValueStoreCompliance.length, lasts: lasts.length }));
}

function work(directory: string): void {
  const store = LmdbStore.open(directory);
  const last = checkBatches(store);
  for (const { run } of last < 0 ? keyValueStoreCompliance : []) {
    run(() => LmdbStore.open(mkdtempSync(`${directory}-`)));
  }
  for (let batch = last + 1; ; batch++) {
    store.write(batchOf(batch));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
    parentPort!.postMessage(batch);
  }
}
