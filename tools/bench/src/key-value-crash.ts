import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SeededRng, type Rng } from '@btcp2p/machine';
import type { KeyValueChange, KeyValueStore } from '@btcp2p/chainstate';
import { coinKeyOf, coinValueOf } from './key-value-data.ts';
import { openEngine } from './key-value-engines.ts';
import type { Engine } from './key-value-run.ts';

const CHILD = fileURLToPath(new URL('children/key-value-crash.js', import.meta.url));

/** Entries of a batch, and how many batches later they go. */
const SIZE = 5_000;
const KEPT = 5;

/** Batches before a kill, at most, and milliseconds after the last of them. */
const MOST_BATCHES = 8;
const MOST_MILLISECONDS = 100;

/** Says which batch was the last. */
const LAST = Uint8Array.of(0x4c);

/** Puts new entries and takes away those of an older batch. */
export function crashBatch(batch: number): KeyValueChange[] {
  const changes: KeyValueChange[] = [{ key: LAST, value: Uint8Array.of(batch >> 8, batch) }];
  for (let i = batch * SIZE; i < (batch + 1) * SIZE; i++) {
    changes.push({ key: coinKeyOf(i), value: coinValueOf(i) });
    const old = i - KEPT * SIZE;
    if (old >= 0) changes.push({ key: coinKeyOf(old), value: undefined });
  }
  return changes;
}

/**
 * Kills processes that write batches, at random moments, and answers how often all batches were there
 * that had been acknowledged, whole, and nothing of any other but perhaps one more.
 */
export async function survivedKills(engine: Engine, kills: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
  const rng = new SeededRng(0x6b69_6c6cn);
  let survived = 0;
  let last = -1;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const acknowledged = await killed(engine, directory, last + 1, rng);
      const store = await openEngine(engine, directory);
      const found = lastBatch(store);
      await store.close();
      if (found === acknowledged || found === acknowledged + 1) survived++;
      last = Math.max(found ?? acknowledged, acknowledged);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return survived;
}

/** The last batch that a process acknowledged before it was killed. */
async function killed(engine: Engine, directory: string, first: number, rng: Rng): Promise<number> {
  const args = [CHILD, engine, directory, String(first)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const most = rng.below(MOST_BATCHES);
  const delay = rng.below(MOST_MILLISECONDS);
  let acknowledged = first - 1;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.endsWith(';')) break;
    if (line !== 'open;') acknowledged = Number(line.slice(0, -1));
    if (lines++ === most) setTimeout(() => child.kill('SIGKILL'), delay);
  }
  await ended;
  return acknowledged;
}

/** The last batch, or undefined if there is anything but what it and those before it left. */
function lastBatch(store: KeyValueStore): number | undefined {
  const said = store.get(LAST);
  const last = said === undefined ? -1 : (said[0]! << 8) | said[1]!;
  let count = 0;
  for (const { value } of store.entries(Uint8Array.of(0x43), Uint8Array.of(0x44))) {
    if (value.length >= 20) count++;
  }
  const first = Math.max(0, (last - KEPT + 1) * SIZE);
  if (count !== (last + 1) * SIZE - first) return undefined;
  for (let i = first; i < (last + 1) * SIZE; i++) {
    const value = store.get(coinKeyOf(i));
    if (value === undefined || Buffer.compare(value, coinValueOf(i)) !== 0) return undefined;
  }
  return last;
}
