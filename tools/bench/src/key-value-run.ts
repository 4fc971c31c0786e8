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

/** What it found: seconds for all of what {@link amountsOf} says, unless it says otherwise. */
export interface KeyValueFigures {
  readonly load: number;
  readonly change: number;
  /** After a start, with nothing of the files in memory where the system lets itself be asked for that. */
  readonly coldReads: number;
  readonly all: number;
  readonly reads: number;
  readonly absent: number;
  readonly many: number;
  /** Coins that a `CoinsCache` hands down through a `CoinsStore`. */
  readonly flush: number;
  /** Bytes of the directory for one of the entries, after load and changes. */
  readonly size: number;
  /** 10^6 bytes of memory that the process has at most, without what it maps of files. */
  readonly memory: number;
  /** What all reads found: the same for all engines. */
  readonly answer: string;
}

/** How much is done with a store of so many entries. */
export interface Amounts {
  /** Of the load, as `CoinsStore` splits what it writes: 32 MiB. */
  readonly loadBatch: number;
  readonly batches: number;
  readonly changesPerBatch: number;
  readonly coldReads: number;
  readonly reads: number;
  /** Calls of `getMany`, and keys in each, as many as a block asks for. */
  readonly manyCalls: number;
  readonly manyKeys: number;
  readonly flushed: number;
}

/** With ten million entries, batches of 100,000 changes and a million coins handed down. */
export function amountsOf(entries: number): Amounts {
  return {
    loadBatch: 430_000,
    batches: 10,
    changesPerBatch: Math.min(100_000, entries / 20),
    coldReads: Math.min(20_000, entries / 10),
    reads: 200_000,
    manyCalls: 30,
    manyKeys: 3_000,
    flushed: Math.min(1_000_000, entries),
  };
}

const CHILD = fileURLToPath(new URL('children/key-value.js', import.meta.url));

/** Puts an engine through it all, in a fresh process with a fresh directory. */
export async function runKeyValue(engine: Engine, entries: number): Promise<KeyValueFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
  try {
    return await runChild<KeyValueTask, KeyValueFigures>(CHILD, { engine, directory, entries });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
