import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callRpc, freePort, type RpcServer } from '@btcp2p/bitcoind-peer';
import { waitForLine } from './wait-for-line.ts';
import { longestStall, STALL_REPORT_FILE, type StallReport } from './stall-report.ts';
import {
  checkCoins, peakMemory, SYNC_TIMEOUT_MS, type SyncRun, type SyncTarget,
} from './sync-run.ts';

/** Our node's directory. */
const APP = resolve(import.meta.dirname, '../../../apps/node');

/** The program, as a user starts it. */
const PROGRAM = join(APP, 'bin/btcp2p-node.mjs');
const STALL_METER = fileURLToPath(new URL('children/stall-meter.js', import.meta.url));

/** Milliseconds that it has to end. */
const STOP_TIMEOUT_MS = 60_000;

let help: string | undefined;

/** Whether the program is there. */
export function isBuilt(): boolean {
  return existsSync(join(APP, 'dist/main.js'));
}

/** Whether it can be asked anything. */
export function hasRpc(): boolean {
  help ??= execFileSync(process.execPath, [PROGRAM, '-help-debug'], { encoding: 'utf8' });
  return help.includes('-rpcport=');
}

/**
 * Lets a fresh btcp2p-node sync a regtest chain from a peer: from its first dial until its log says
 * that it has the tip.
 */
export async function syncFullNode(target: SyncTarget): Promise<SyncRun> {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
  const report = join(directory, 'stalls.json');
  const rpcPort = hasRpc() ? await freePort() : undefined;
  const child = spawn(
    process.execPath,
    [
      `--import=${STALL_METER}`, PROGRAM, '-regtest', `-datadir=${directory}`, '-printtoconsole=0',
      `-connect=${target.peer}`, `-v2transport=${target.v2Transport ? 1 : 0}`,
      ...(rpcPort === undefined ? [] : ['-server', `-rpcport=${rpcPort}`]),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, [STALL_REPORT_FILE]: report } },
  );
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    const home = join(directory, 'regtest');
    const tip = await tipAt(child, join(home, 'debug.log'), target.height);
    const end = Date.now();
    const peak = peakMemory(child.pid!);
    if (rpcPort !== undefined) {
      const coins = await coinsOf({ port: rpcPort, cookie: join(home, '.cookie') });
      if (coins !== undefined) checkCoins('btcp2p-node', coins, target);
    }
    await stop(child, exited);
    const stalls = JSON.parse(readFileSync(report, 'utf8')) as StallReport;
    return {
      seconds: (end - stalls.dialled) / 1_000,
      tip,
      peakMemory: peak,
      longestStall: longestStall(stalls, end) / 1_000,
    };
  } finally {
    kill();
    await exited;
    process.off('exit', kill);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Waits until the log says that the chain has a height, and answers the hash of its tip. */
async function tipAt(child: ChildProcess, log: string, height: number): Promise<string> {
  const limit = performance.now() + SYNC_TIMEOUT_MS;
  const isAlive = (): boolean => child.exitCode === null && performance.now() < limit;
  const line = new RegExp(`UpdateTip: new best=([0-9a-f]{64}) height=${height}\\b`);
  const match = await waitForLine(log, line, isAlive);
  if (match === undefined) throw new Error(`btcp2p-node did not get to height ${height}`);
  return match[1]!;
}

/** The hash of all coins, or undefined of a node that cannot tell. */
async function coinsOf(server: RpcServer): Promise<string | undefined> {
  try {
    const info = await callRpc<{ readonly hash_serialized_3: string }>(server, 'gettxoutsetinfo');
    return info.hash_serialized_3;
  } catch (error) {
    if (error instanceof Error && error.message.includes('Method not found')) return undefined;
    throw error;
  }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
