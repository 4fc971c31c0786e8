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
    const body = `{"jsonrpc":"2.0","method":"${method}","params":${params},"id":1}`;
    const request = post(body, { authorization: basic('user', 'pw') });
    const [theirs, ours] = await Promise.all(
      this.#addresses.map(async (address) => (await exchange(address, request))?.body ?? ''),
    );
    return { theirs: theirs!, ours: ours! };
  }

  /** The result of a method that ours gives. */
  async result<T>(method: string, params = '[]'): Promise<T> {
    const { ours } = await this.call(method, params);
    return (JSON.parse(ours) as { readonly result: T }).result;
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
