// Stores headers and blocks until it is killed: `crash-child.ts <directory> <round> <first block>`.
// For each that is acknowledged it writes a line at once: `h <count>` or `b <number>`.
import { writeSync } from 'node:fs';
import { SeededRng } from '@btcp2p/machine';
import { regtest } from '@btcp2p/wire';
import { Storage } from '../../src/storage/storage.ts';
import { crashBlock, crashHeaders } from './crash-data.ts';

const [directory = '', round = '0', first = '0'] = process.argv.slice(2);
const rng = new SeededRng(BigInt(round));
const storage = await Storage.open({ directory, network: regtest, syncInterval: 20 });
let stored = 0;
await storage.headers.load(() => ++stored > 0);
const say = (line: string): unknown => writeSync(1, `${line}\n`);
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
