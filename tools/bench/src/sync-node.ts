import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Chain } from '@btcp2p/wire';
import { runChild } from './run-child.ts';
import type { Outcome } from './self-timed.ts';

/** What a node of ours is to do in its process. */
export interface SyncTask {
  readonly chain: Chain;
  /** `host:port` of the only peer. */
  readonly peer: string;
  /** An empty directory for what it stores. */
  readonly directory: string;
  /** What it is to have, up to which height. */
  readonly until: 'headers' | 'blocks';
  readonly height: number;
  /** The range of headers whose first it starts from; genesis if left out. */
  readonly range?: 'early' | 'long';
}

/** What the process answers. */
export interface SyncResult {
  /** From the command to connect until it had all. */
  readonly seconds: number;
  /** Hash of its tip, hex, in display order. */
  readonly tip: string;
}

const CHILD = fileURLToPath(new URL('children/sync-node.js', import.meta.url));

/** Runs a node of ours in a fresh process, with a fresh directory, until it is through. */
export async function runSyncNode(task: Omit<SyncTask, 'directory'>): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
  try {
    const { seconds, tip } = await runChild<SyncTask, SyncResult>(CHILD, { ...task, directory });
    return { seconds, answer: tip };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
