import { existsSync, readFileSync } from 'node:fs';

/** How a node came to have a chain. */
export interface SyncRun {
  /** From the command to connect until the last block was connected. */
  readonly seconds: number;
  /** Hash of its tip, hex, in display order. */
  readonly tip: string;
  /** Most memory that its process has held up to then, in bytes. */
  readonly peakMemory: number;
  /** The longest time in which its event loop did not come around, in seconds; ours alone. */
  readonly longestStall?: number;
}

/** What a node is to sync, and from whom. */
export interface SyncTarget {
  /** `host:port` of the only peer. */
  readonly peer: string;
  readonly v2Transport: boolean;
  readonly height: number;
  /** `hash_serialized_3` of the coins that there are then. */
  readonly coins: string;
}

/** Milliseconds that a sync may take. */
export const SYNC_TIMEOUT_MS = 1_800_000;

/** Whether the system tells how much memory a process has held. */
export function knowsPeakMemory(): boolean {
  return existsSync('/proc/self/status');
}

/** The most memory that a process has held so far, in bytes; NaN where the system does not tell. */
export function peakMemory(pid: number): number {
  if (!knowsPeakMemory()) return NaN;
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? NaN : Number(kilobytes) * 1_024;
}

/** @throws Error unless the coins are those that there should be */
export function checkCoins(name: string, found: string, { coins }: SyncTarget): void {
  if (found !== coins) throw new Error(`the coins of ${name} come to ${found}, not to ${coins}`);
}
