import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './run-child.ts';

/** The engines that are compared. */
export type Engine = 'lmdb' | 'level';

/** What a process does with an engine. */
export interface KeyValueTask {
  readonly engine: Engine;
  /** An empty directory. */
  readonly directory: string;
  /** How many entries it loads. */
  readonly entries: number;
}

/** What it found: seconds, unless it says otherwise, for as many things as the bench's cases name. */
export interface KeyValueFigures {
  readonly load: number;
  readonly change: number;
  readonly coldReads: number;
  /** Bytes from the disk for one of them; NaN where the system does not tell. */
  readonly coldBytes: number;
  readonly reads: number;
  readonly absent: number;
  readonly many: number;
  readonly all: number;
  /** Coins that a `CoinsCache` hands down through a `CoinsStore`. */
  readonly flush: number;
  /** Bytes of the directory for one of the entries, after all changes. */
  readonly size: number;
  /** Bytes that were written to the disk for one change of a batch of random ones; NaN as above. */
  readonly writtenBytes: number;
  /** MiB of memory of its own that the process has, at most: without what it maps of files. */
  readonly memory: number;
  /** What all reads found: the same for all engines. */
  readonly answer: string;
}

/** Changes of the batches after the load, and reads of each kind. */
export const CHANGES_PER_BATCH = 100_000;
export const BATCHES = 10;
export const COLD_READS = 20_000;
export const READS = 200_000;
export const MANY = 3_000;
export const MANY_TIMES = 30;
export const FLUSHED = 1_000_000;

const CHILD = fileURLToPath(new URL('children/key-value.js', import.meta.url));

/** Puts an engine through it all, in a fresh process with a fresh directory. */
export async function runKeyValue(engine: Engine, entries: number): Promise<KeyValueFigures> {
  const directory = mkdtempSync(join(process.env['BTCP2P_KV_DIR'] ?? tmpdir(), 'btcp2p-bench-'));
  try {
    return await runChild<KeyValueTask, KeyValueFigures>(CHILD, { engine, directory, entries });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
