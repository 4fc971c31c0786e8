// Writes batch after batch until it is killed: `kv-crash-child.ts <directory> <first batch>`. For each
// that is written it says a line at once, `<batch>;`.
import { writeSync } from 'node:fs';
import { LmdbStore } from '../../src/storage/kv/lmdb-store.ts';
import { batchOf } from './kv-data.ts';

const store = LmdbStore.open(process.argv[2]!);
writeSync(1, 'open;\n');
for (let batch = Number(process.argv[3]!); ; batch++) {
  store.write(batchOf(batch));
  writeSync(1, `${batch};\n`);
}
