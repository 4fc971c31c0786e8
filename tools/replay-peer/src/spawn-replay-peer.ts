import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Chain } from '@btcp2p/wire';

/** What a peer in a process of its own serves, and how. */
export interface SpawnOptions {
  readonly network: Chain;
  /** Paths of files of 80-byte headers, back to back. If left out, the blocks' own. */
  readonly headers?: readonly string[];
  /** Height of the first header, 0 by default. */
  readonly firstHeight?: number;
  /** How many of the headers there are to be; all by default. */
  readonly headerCount?: number;
  /** Paths of files of blocks, framed as in Core's blk00000.dat. */
  readonly blocks?: readonly string[];
  /** 0, any free port, by default. */
  readonly port?: number;
  /** Milliseconds that every answer takes longer. */
  readonly latency?: number;
  /** Whether to ask for transactions that are announced. */
  readonly requestsTransactions?: boolean;
}

/** A peer in a process of its own. */
export interface SpawnedPeer {
  /** `host:port`. */
  readonly address: string;
  readonly pid: number;
  /** Ends the process, and resolves when it has ended. */
  close(): Promise<void>;
}

/** What the process is. It has to be compiled: `npm run build`. */
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Milliseconds that the process has to end by itself. */
const GRACE = 3_000;

/** Whether there is a compiled program for {@link spawnReplayPeer} to run. */
export function canSpawn(): boolean {
  return existsSync(MAIN);
}

/**
 * Starts a peer in a process of its own, so that it shares no processor time with what it is to be
 * measured against. It ends with this process at the latest.
 */
export async function spawnReplayPeer(options: SpawnOptions): Promise<SpawnedPeer> {
  if (!canSpawn()) throw new Error(`${MAIN} is not built: npm run build`);
  const child = fork(MAIN, argumentsOf(options), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => (errors += text.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (message) => resolve((message as { address: string }).address));
    child.once('close', () => reject(new Error(`the peer did not start: ${errors.trim()}`)));
  });
  // What it says from here on is for people.
  child.stderr?.removeAllListeners('data').pipe(process.stderr);
  return { address, pid: child.pid!, close: () => end(child, exited) };
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  // It ends when it cannot hear us any more.
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE);
  await exited;
  clearTimeout(timer);
}

function argumentsOf(options: SpawnOptions): string[] {
  const { network, headers = [], blocks = [], firstHeight, headerCount, port, latency } = options;
  const named = { 'first-height': firstHeight, count: headerCount, port, latency };
  return [
    `--network=${network}`,
    ...headers.map((path) => `--headers=${path}`),
    ...blocks.map((path) => `--blocks=${path}`),
    ...Object.entries(named).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    ),
    ...(options.requestsTransactions === true ? ['--request-transactions'] : []),
  ];
}
