import { createHmac } from 'node:crypto';
import { freePort, startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { toHex, type BlockView } from '@btcp2p/wire';
import { basic, exchange, post } from './raw-http.ts';
import { TestNode } from './test-node.ts';

const AUTH = `-rpcauth=user:salt$${createHmac('sha256', 'salt').update('pw').digest('hex')}`;

/** What two nodes answered, as text. */
export interface Answers {
  readonly theirs: string;
  readonly ours: string;
}

/** A bitcoind and a node of ours that are asked the same. */
export class BothNodes {
  readonly core: BitcoindPeer;
  readonly node: TestNode;
  readonly #addresses: readonly [theirs: string, ours: string];

  private constructor(core: BitcoindPeer, node: TestNode, addresses: readonly [string, string]) {
    this.core = core;
    this.node = node;
    this.#addresses = addresses;
  }

  static async start(binary: string, args: readonly string[] = []): Promise<BothNodes> {
    const addresses = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`] as const;
    const rpc = [AUTH, '-rpcallowip=127.0.0.1', '-rpcdoccheck=1', ...args];
    const core = await startBitcoind(binary, [
      ...rpc, '-connect=0', '-rpcbind=127.0.0.1', `-rpcbind=${addresses[0]}`,
    ]);
    const node = await TestNode.start(['-server=1', `-rpcbind=${addresses[1]}`, '-connect=0', ...rpc]);
    return new BothNodes(core, node, addresses);
  }

  /** Calls a method of both. Parameters are JSON text. */
  async call(method: string, params = '[]'): Promise<Answers> {
    const [theirs, ours] = await Promise.all([
      this.theirs(method, params), this.ours(method, params),
    ]);
    return { theirs, ours };
  }

  /** Calls a method of bitcoind. */
  theirs(method: string, params = '[]'): Promise<string> {
    return call(this.#addresses[0], method, params);
  }

  /** Calls a method of ours. */
  ours(method: string, params = '[]'): Promise<string> {
    return call(this.#addresses[1], method, params);
  }

  /** Hands in blocks; both have to answer the same. */
  async submit(blocks: readonly BlockView[]): Promise<string[]> {
    const answers: string[] = [];
    for (const block of blocks) {
      const { theirs, ours } = await this.call('submitblock', `["${toHex(block.bytes)}"]`);
      if (theirs !== ours) throw new Error(`${ours} instead of ${theirs}`);
      answers.push(ours);
    }
    return answers;
  }

  async stop(): Promise<void> {
    await Promise.all([this.core.stop(), this.node.remove()]);
  }
}

async function call(address: string, method: string, params: string): Promise<string> {
  const body = `{"jsonrpc":"2.0","method":"${method}","params":${params},"id":1}`;
  const response = await exchange(address, post(body, { authorization: basic('user', 'pw') }));
  return response?.body ?? '';
}
