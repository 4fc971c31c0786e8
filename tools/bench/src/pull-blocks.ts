import { fileURLToPath } from 'node:url';
import { runChild } from './run-child.ts';
import type { Outcome } from './self-timed.ts';

/** What a process of ours is to pull, and how. */
export interface PullTask {
  /** `host:port` of a peer on regtest. */
  readonly peer: string;
  readonly v2Transport: boolean;
  /** How many blocks after genesis; at most 2,000. */
  readonly count: number;
}

/** What the process answers. */
export interface PullResult {
  /** From dialling until it had all. */
  readonly seconds: number;
  /** Bytes of all blocks. */
  readonly bytes: number;
  /** Hash of the last block, hex, in display order. */
  readonly tip: string;
}

const CHILD = fileURLToPath(new URL('children/pull-blocks.js', import.meta.url));

/** Pulls blocks from a peer in a fresh process, and keeps none of them. */
export async function pullBlocks(task: PullTask): Promise<Outcome> {
  const { seconds, tip } = await runChild<PullTask, PullResult>(CHILD, task);
  return { seconds, answer: tip };
}
