import type { HeaderEntry } from '@btcp2p/consensus';
import { listen, type PeerConnection } from '@btcp2p/reactor';
import {
  BlockHeader, decode, MAX_HEADERS_RESULTS, regtest, ServiceFlags, type InventoryVector, type Message,
} from '@btcp2p/wire';
import type { SpendingBlocks } from './spending-blocks.ts';

/** A peer that has more and more of some blocks, and so at times another chain. */
export class BranchPeer {
  readonly #blocks: SpendingBlocks;
  readonly #peers = new Set<PeerConnection>();
  #close: () => Promise<void> = async () => {};
  #address = '';
  #released = 0;
  #best: HeaderEntry = 0;
  /** Blocks that it has sent. */
  sent = 0;

  private constructor(blocks: SpendingBlocks) {
    this.#blocks = blocks;
  }

  static async start(blocks: SpendingBlocks): Promise<BranchPeer> {
    const peer = new BranchPeer(blocks);
    const listener = await listen(
      {
        network: regtest, port: 0, userAgent: '/branch-peer:1/', startHeight: 0, relay: false,
        services: ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_WITNESS,
      },
      (connection) => void peer.#serve(connection),
    );
    peer.#address = listener.address;
    peer.#close = () => listener.close();
    return peer;
  }

  /** `host:port`. */
  get address(): string {
    return this.#address;
  }

  /** The last block of its chain. */
  get best(): HeaderEntry {
    return this.#best;
  }

  /** Blocks that it has. */
  get released(): number {
    return this.#released;
  }

  get isConnected(): boolean {
    return this.#peers.size > 0;
  }

  /** Whether it has all blocks. */
  get hasAll(): boolean {
    return this.#released === this.#blocks.blocks.length;
  }

  /** It gets some more blocks, and tells of its chain if that is another one now. */
  release(count: number): void {
    const { headers, blocks } = this.#blocks;
    const before = this.#best;
    for (let i = 0; i < count && this.#released < blocks.length; i++) {
      const entry = ++this.#released;
      if (headers.height(entry) > headers.height(this.#best)) this.#best = entry;
    }
    if (this.#best === before) return;
    const fork = headers.lastCommonAncestor(before, this.#best);
    for (const peer of this.#peers) peer.send(this.#headersAfter(fork));
  }

  async close(): Promise<void> {
    await this.#close();
  }

  async #serve(peer: PeerConnection): Promise<void> {
    this.#peers.add(peer);
    void peer.closed.then(() => this.#peers.delete(peer));
    for await (const message of peer.messages()) {
      if (message.type === 'getheaders') {
        const { headers } = this.#blocks;
        const known = message.payload.locator.map((hash) => headers.find(hash));
        const fork = known.find((entry) => entry !== undefined && headers.isAncestor(entry, this.#best));
        peer.send(this.#headersAfter(fork ?? 0));
      } else if (message.type === 'getdata') {
        for (const vector of message.payload.inventory) this.#send(peer, vector);
      }
    }
  }

  #headersAfter(fork: HeaderEntry): Message {
    const { headers } = this.#blocks;
    const list: BlockHeader[] = [];
    const from = headers.height(fork) + 1;
    const to = Math.min(headers.height(this.#best), from + MAX_HEADERS_RESULTS - 1);
    for (let height = from; height <= to; height++) {
      const entry = headers.ancestor(this.#best, height);
      list.push(decode(BlockHeader, headers.headerBytes(entry)));
    }
    return { type: 'headers', payload: { headers: list } };
  }

  #send(peer: PeerConnection, { hash }: InventoryVector): void {
    const entry = this.#blocks.headers.find(hash);
    if (entry === undefined || entry === 0) return;
    const { bytes } = this.#blocks.blockOf(entry);
    if (peer.isClosed) return;
    peer.send({ type: 'unknown', payload: { messageType: 'block', bytes } });
    this.sent++;
  }
}
