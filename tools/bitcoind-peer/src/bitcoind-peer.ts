import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { callRpc } from './call-rpc.ts';
import { freePort } from './free-port.ts';

/** Where each chain's files lie in the data directory. */
const CHAIN_DIRECTORY = { regtest: 'regtest', main: '' } as const;

/** Milliseconds until a bitcoind has to answer, and to end. */
const START_LIMIT = 60_000;
const STOP_LIMIT = 30_000;

/** A running bitcoind. */
export interface BitcoindPeer {
  /** The id of its process. */
  readonly pid: number;
  /** It listens for peers at 127.0.0.1 here. */
  readonly port: number;
  /** Calls an RPC. Rejects with Core's message. */
  rpc<T = unknown>(method: string, ...params: unknown[]): Promise<T>;
  /** All of its debug.log so far. */
  log(): string;
  /** Calls `probe` every `interval` milliseconds until it answers true; rejects after a minute. */
  until(probe: () => Promise<boolean>, interval?: number): Promise<void>;
  /** Ends it, and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a bitcoind that talks to nobody but whom it is told to.
 *
 * @param binary path of the executable
 * @param args more options; later ones win
 */
export async function startBitcoind(
  binary: string,
  args: readonly string[] = [],
  chain: keyof typeof CHAIN_DIRECTORY = 'regtest',
): Promise<BitcoindPeer> {
  // Another process may take a free port before bitcoind does: then it ends, and others are tried.
  for (let attempt = 1; ; attempt++) {
    const peer = await tryStart(binary, args, chain);
    if (peer !== undefined) return peer;
    if (attempt === 3) throw new Error(`${binary} does not start`);
  }
}

async function tryStart(
  binary: string,
  args: readonly string[],
  chain: keyof typeof CHAIN_DIRECTORY,
): Promise<BitcoindPeer | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bitcoind-'));
  const [port, rpcPort] = [await freePort(), await freePort()];
  const child = spawn(
    binary,
    [
      `-datadir=${directory}`, `-chain=${chain}`, `-bind=127.0.0.1:${port}`, `-rpcport=${rpcPort}`,
      '-server', '-listen=1', '-listenonion=0', '-natpmp=0', '-dnsseed=0', '-fixedseeds=0',
      '-discover=0', '-debug=net', '-printtoconsole=0', '-checkblockindex=0', '-checkmempool=0',
      ...args,
    ],
    { stdio: 'ignore' },
  );
  const home = join(directory, CHAIN_DIRECTORY[chain]);
  const peer = new Bitcoind(child, directory, home, port, rpcPort);
  return (await peer.isUp()) ? peer : undefined;
}

class Bitcoind implements BitcoindPeer {
  readonly pid: number;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #home: string;
  readonly #rpcPort: number;
  readonly #exited: Promise<void>;

  constructor(child: ChildProcess, directory: string, home: string, port: number, rpcPort: number) {
    this.pid = child.pid ?? -1;
    this.port = port;
    this.#child = child;
    this.#directory = directory;
    this.#home = home;
    this.#rpcPort = rpcPort;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    process.once('exit', this.#kill);
  }

  /** Nothing that we started outlives us. */
  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };

  /** Waits until it answers; false if it has ended instead, which removes its data. */
  async isUp(): Promise<boolean> {
    const limit = performance.now() + START_LIMIT;
    while (this.#child.exitCode === null && performance.now() < limit) {
      try {
        await this.rpc('getblockcount');
        return true;
      } catch {
        await delay(50);
      }
    }
    await this.#end('SIGKILL');
    return false;
  }

  rpc<T>(method: string, ...params: unknown[]): Promise<T> {
    const server = { port: this.#rpcPort, cookie: join(this.#home, '.cookie') };
    return callRpc<T>(server, method, ...params);
  }

  log(): string {
    return readFileSync(join(this.#home, 'debug.log'), 'utf8');
  }

  async until(probe: () => Promise<boolean>, interval = 50): Promise<void> {
    const limit = performance.now() + START_LIMIT;
    while (!(await probe())) {
      if (performance.now() > limit) throw new Error(`bitcoind: waited in vain for ${probe}`);
      await delay(interval);
    }
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT);
    await this.#exited;
    clearTimeout(timer);
    process.off('exit', this.#kill);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
