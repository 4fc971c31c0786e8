// Writes batches until it is killed, and says each that is written.
import { writeSync } from 'node:fs';
import { crashBatch } from '../key-value-crash.ts';
import { openEngine } from '../key-value-engines.ts';
import type { Engine } from '../key-value-run.ts';

const [engine, directory, first] = process.argv.slice(2);
const store = await openEngine(engine as Engine, directory!);
writeSync(1, 'open;\n');
for (let batch = Number(first); ; batch++) {
  store.write(crashBatch(batch));
  writeSync(1, `${batch};\n`);
}
