import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { callRpc, freePort } from '@btcp2p/bitcoind-peer';
import { NodeProcess, type NodeEnd } from './node-process.ts';

/** Milliseconds until something has to hold. */
const LIMIT = 30_000;

/** A node in a process of its own, as it was built, that answers to JSON-RPC and can be killed. */
export class RpcNode {
  readonly #process: NodeProcess;
  readonly #rpcPort: number;

  private constructor(process: NodeProcess, rpcPort: number) {
    this.#process = process;
    this.#rpcPort = rpcPort;
  }

  /**
   * Starts a node, and does not wait for it.
   *
   * @param base the directory of its data
   * @param chain in place of what the arguments say of blocks and coins: `ChainOptions`
   */
  static async start(base: string, args: readonly string[] = [], chain: object = {}): Promise<RpcNode> {
    const [rpcPort, port] = [await freePort(), await freePort()];
    const isConnecting = args.some((arg) => arg.startsWith('-connect='));
    const given = [
      '-server=1', `-rpcport=${rpcPort}`, `-bind=127.0.0.1:${port}`, '-printtoconsole=0',
      ...(isConnecting ? [] : ['-connect=0']), ...args,
    ];
    const process = new NodeProcess(base, given, { chain });
    process.child.stdout!.resume();
    return new RpcNode(process, rpcPort);
  }

  /** The same, once it answers. */
  static async up(...of: Parameters<typeof RpcNode.start>): Promise<RpcNode> {
    const node = await RpcNode.start(...of);
    await node.until(async () => (await node.rpc<number>('getblockcount')) >= 0);
    return node;
  }

  /** Its directory of the chain. */
  get directory(): string {
    return this.#process.directory;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#process.log;
  }

  rpc<T = unknown>(method: string, ...params: unknown[]): Promise<T> {
    const server = { port: this.#rpcPort, cookie: join(this.directory, '.cookie') };
    return callRpc<T>(server, method, ...params);
  }

  /** Waits until something holds; until then it may as well fail. */
  async until(probe: () => Promise<boolean> | boolean): Promise<void> {
    const limit = performance.now() + LIMIT;
    let last: unknown;
    while (performance.now() < limit) {
      try {
        if (await probe()) return;
      } catch (error) {
        last = error;
      }
      const { exitCode } = this.#process.child;
      if (exitCode !== null) {
        throw new Error(`the node has ended with ${exitCode}: ${(await this.ended).errors}`);
      }
      await delay(20);
    }
    throw new Error(`waited in vain: ${String(last)} ${this.log.slice(-500)}`);
  }

  /** Resolves when it has ended. */
  get ended(): Promise<NodeEnd> {
    return this.#process.ended;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  /** Ends it as a user does. */
  async stop(): Promise<void> {
    const { code, errors } = await this.#process.end();
    if (code !== 0) throw new Error(`the node has ended with ${code}: ${errors}`);
  }
}
