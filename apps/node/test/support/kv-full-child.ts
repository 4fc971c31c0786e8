// Writes batches until that fails: `kv-full-child.ts <directory>`. Prints what happened.
import { LmdbStore } from '../../src/storage/kv/lmdb-store.ts';
import type { NodeError } from '../../src/node-error.ts';
import { batchOf, checkBatches } from './kv-data.ts';

const failures: string[] = [];
const store = LmdbStore.open(process.argv[2]!, { failed: ({ message }) => failures.push(message) });
const errors: (readonly [string, string])[] = [];
let written = 0;
const attempt = (job: () => void): boolean => {
  try {
    job();
    return true;
  } catch (error) {
    const { code, message } = error as NodeError;
    errors.push([code, message]);
    return false;
  }
};
while (attempt(() => store.write(batchOf(written)))) written++;
attempt(() => store.write([{ key: Uint8Array.of(0), value: Uint8Array.of(0) }]));
attempt(() => store.sync());
const last = checkBatches(store);
store.close();
console.log(JSON.stringify({ written, last, errors, failures }));
