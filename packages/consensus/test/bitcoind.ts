import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Bitcoin Core node of its own on loopback, asked by JSON-RPC. */
export class Bitcoind {
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #port: number;

  private constructor(binary: string, port: number, extra: readonly string[]) {
    this.#directory = mkdtempSync(join(tmpdir(), 'btcp2p-consensus-'));
    this.#port = port;
    const options = [
      '-regtest',
      '-listen=0',
      '-connect=0',
      '-dnsseed=0',
      '-server',
      '-printtoconsole=0',
    ];
    const own = [
      `-datadir=${this.#directory}`,
      `-rpcport=${port}`,
      '-rpcbind=127.0.0.1',
      '-rpcallowip=127.0.0.1',
    ];
    this.#process = spawn(binary, [...options, ...own, ...extra], { stdio: 'ignore' });
  }

  static async start(binary: string, ...extra: readonly string[]): Promise<Bitcoind> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    await new Promise((closed) => server.close(closed));
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new Bitcoind(binary, address.port, extra);
  }

  /** Waits until it answers; throws if it has ended. */
  async ready(): Promise<void> {
    while (this.#process.exitCode === null) {
      try {
        await this.call('getblockcount');
        return;
      } catch {
        await new Promise((resume) => setTimeout(resume, 100));
      }
    }
    throw new Error(`bitcoind ended with ${this.#process.exitCode}`);
  }

  /** The result, or an error with Core's message. */
  async call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const cookie = readFileSync(join(this.#directory, 'regtest/.cookie'), 'utf8');
    const response = await fetch(`http://127.0.0.1:${this.#port}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` },
      body: JSON.stringify({ method, params }),
    });
    const { result, error } = (await response.json()) as {
      result: unknown;
      error: { message: string } | null;
    };
    if (error !== null) throw new Error(error.message);
    return result;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill();
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
