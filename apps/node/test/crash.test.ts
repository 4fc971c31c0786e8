import { expect, test } from '@jest/globals';
import { SeededRng } from '@btcp2p/machine';
import { regtest } from '@btcp2p/wire';
import type { StorageNotice } from '../src/storage/ports.ts';
import { Storage } from '../src/storage/storage.ts';
import { crashBlock, crashHeaders } from './support/crash-data.ts';
import { hash256 } from './support/hash.ts';
import { expectBytes, outcome, startChild, temporaryDirectory } from './support/support.ts';

/** How often the process is killed. */
const ROUNDS = 24 * Number(process.env['BTCP2P_CRASH_RUNS'] ?? 1);
/** Acknowledgements before, at most. */
const MOST_LINES = 60;

test(`${ROUNDS} times kill -9 while storing: all that was acknowledged is there`, async () => {
  const directory = temporaryDirectory();
  const rng = new SeededRng(0x5eedn);
  const notices: StorageNotice[] = [];
  const blocks = new Set<number>();
  let headers = 0;
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const args = [directory, round, next, 1 + rng.below(MOST_LINES)].map(String);
    const { signal, output } = await outcome(startChild('crash-child.ts', args));
    const lines = output.toString().split('\n');
    expect([signal, lines[0], lines.at(-1)]).toEqual(['SIGKILL', 'ready', '']);
    for (const line of lines.slice(1, -1)) {
      const [what, number] = line.split(' ');
      if (what === 'b') blocks.add(Number(number));
      else headers = Math.max(headers, Number(number));
    }

    const notice = (found: StorageNotice): unknown => notices.push(found);
    const storage = await Storage.open({ directory, network: regtest, syncInterval: 0, notice });
    let loaded = 0;
    await storage.headers.load(
      (header) => Buffer.compare(header, crashHeaders(loaded, 1)) === 0 && ++loaded > 0,
    );
    expect(loaded).toBeGreaterThanOrEqual(headers);
    headers = loaded;
    // Those of this round; at the end all of them.
    const checked = round === ROUNDS - 1 ? [...blocks] : [...blocks].filter((number) => number >= next);
    for (const number of checked) {
      const block = crashBlock(number);
      expectBytes(await storage.blocks.read(hash256(block.subarray(0, 80))), block);
    }
    expect(storage.blocks.size).toBeGreaterThanOrEqual(1 + blocks.size);
    await storage.close();
    next = Math.max(next, ...blocks) + 1;
  }
  // What was at stake.
  expect([headers > 500, blocks.size > 300]).toEqual([true, true]);
}, 3_000 * ROUNDS);
