import { expect, test } from '@jest/globals';
import { createInterface } from 'node:readline';
import { SeededRng } from '@btcp2p/machine';
import { LmdbStore } from '../src/storage/kv/lmdb-store.ts';
import { checkBatches } from './support/kv-data.ts';
import { startChild, temporaryDirectory } from './support/support.ts';

/** How often the process is killed. */
const ROUNDS = 12 * Number(process.env['BTCP2P_CRASH_RUNS'] ?? 1);
/** Batches before, at most, and the milliseconds after the last of them. */
const MOST_BATCHES = 12;
const MOST_MILLISECONDS = 30;

/** The last batch that a process acknowledged before it was killed at a random moment. */
async function killed(directory: string, first: number, rng: SeededRng): Promise<number> {
  const child = startChild('kv-crash-child.ts', [directory, String(first)]);
  const most = rng.below(MOST_BATCHES);
  const delay = rng.below(MOST_MILLISECONDS);
  let lines = 0;
  let last = first - 1;
  for await (const line of createInterface({ input: child.stdout! })) {
    // It may be killed while it says something.
    if (!line.endsWith(';')) break;
    if (line !== 'open;') last = Number(line.slice(0, -1));
    if (lines++ === most) setTimeout(() => child.kill('SIGKILL'), delay);
  }
  return last;
}

test(`${ROUNDS} times kill -9 while writing: batches are whole, and what returned is there`, async () => {
  const directory = temporaryDirectory();
  const rng = new SeededRng(0xcafen);
  let last = -1;
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await killed(directory, last + 1, rng);
    const store = LmdbStore.open(directory);
    const found = checkBatches(store);
    store.close();
    // One more may have been written than was said.
    expect([acknowledged, acknowledged + 1]).toContain(found);
    last = found;
  }
  expect(last).toBeGreaterThan(2 * ROUNDS);
}, 6_000 * ROUNDS);
