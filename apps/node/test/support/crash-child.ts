// Stores headers and blocks: `crash-child.ts <directory> <round> <first block> <lines>`. For each that
// is acknowledged it writes a line at once, `h <count>` or `b <number>`. After that many lines it kills
// itself, most likely in the middle of a write.
import { writeSync } from 'node:fs';
import { SeededRng } from '@btcp2p/machine';
import { regtest } from '@btcp2p/wire';
import { Storage } from '../../src/storage/storage.ts';
import { crashBlock, crashHeaders } from './crash-data.ts';

const [directory = '', round = '0', first = '0', lines = '0'] = process.argv.slice(2);
const rng = new SeededRng(BigInt(round));
const storage = await Storage.open({ directory, network: regtest, syncInterval: 20 });
let stored = 0;
await storage.headers.load(() => ++stored > 0);
// Makes the parts that blocks share, so that the time until the kill goes into writing.
for (let i = 0; i < 64; i++) crashBlock(i);
let said = 0;
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
  if (++said !== 1 + Number(lines)) return;
  // What was acknowledged just now is followed by the next write, which a thread does meanwhile.
  setImmediate(() => {
    const end = performance.now() + rng.below(500) / 1_000;
    while (performance.now() < end);
    process.kill(process.pid, 'SIGKILL');
  });
};
say('ready');

let number = Number(first);
const storeBlocks = async (): Promise<void> => {
  for (;;) {
    const mine = number++;
    await storage.blocks.append(crashBlock(mine));
    say(`b ${mine}`);
  }
};
const storeHeaders = async (): Promise<void> => {
  for (;;) {
    const count = 1 + rng.below(200);
    const start = stored;
    stored += count;
    await storage.headers.append(crashHeaders(start, count));
    say(`h ${stored}`);
  }
};
await Promise.all([storeHeaders(), ...Array.from({ length: 8 }, storeBlocks)]);
