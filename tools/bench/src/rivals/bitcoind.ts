import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks at a node that starts. */
const START_POLL_MS = 20;

/** Milliseconds that bitcoind has to answer its first call. */
const START_TIMEOUT_MS = 30_000;

/** Milliseconds that it has to end by itself. */
const STOP_TIMEOUT_MS = 20_000;

/** A bitcoind in a process and a directory of its own, on loopback only. */
export class Bitcoind {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #directory: string;
  readonly #cookieFile: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  #isGone = false;

  private constructor(child: ChildProcess, directory: string, cookieFile: string, port: number) {
    this.#child = child;
    this.#directory = directory;
    this.#cookieFile = cookieFile;
    this.#port = port;
    this.#exited = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    void this.#exited.then(() => (this.#isGone = true));
  }

  /**
   * Starts it without any peer, and resolves when it answers calls.
   *
   * @param options of the command line, besides those for a quiet node
   */
  static async start(
    binary: string,
    chain: 'main' | 'regtest',
    options: readonly string[],
  ): Promise<Bitcoind> {
    const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
    const port = await freePort();
    const quiet = [
      `-datadir=${directory}`, `-chain=${chain}`, '-server', `-rpcport=${port}`, '-listen=0',
      '-connect=0', '-dnsseed=0', '-fixedseeds=0', '-discover=0', '-natpmp=0', '-listenonion=0',
      '-printtoconsole=0', '-nodebuglogfile', '-disablewallet',
    ];
    const child = spawn(binary, [...quiet, ...options], { stdio: 'ignore' });
    const cookie = join(directory, ...(chain === 'main' ? [] : [chain]), '.cookie');
    const node = new Bitcoind(child, directory, cookie, port);
    try {
      await node.#waitUntilReady();
      return node;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  /** Calls a method. @throws Error with what bitcoind says, or why nothing came back */
  async call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const auth = readFileSync(this.#cookieFile, 'utf8');
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: this.#port, method: 'POST', agent: this.#agent, auth },
        (response) => {
          let answer = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => (answer += part));
          response.once('end', () => resolve(answer));
          response.once('error', reject);
        },
      );
      sent.once('error', reject);
      sent.end(body);
    });
    const { result, error } = JSON.parse(text) as { result: T; error?: { message: string } | null };
    if (error) throw new Error(`bitcoind, ${method}: ${error.message}`);
    return result;
  }

  /** Ends it and removes its directory. */
  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(kill);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #waitUntilReady(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        await this.call('getblockcount');
        return;
      } catch (error) {
        if (this.#isGone) throw new Error('bitcoind ended at its start', { cause: error });
        if (performance.now() > deadline) throw error;
      }
      await sleep(START_POLL_MS);
    }
  }
}

/** A port that nobody listens at: bitcoind takes no 0. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
