import { listen, type PeerConnection } from '@btcp2p/reactor';
import {
  equalHashes,
  messageTypeOf,
  ServiceFlags,
  type InventoryVector,
  type Message,
  type MessageOf,
  type TransactionView,
} from '@btcp2p/wire';
import { MAX_GETBLOCKS_RESULTS, ReplayChain, type ReplayChainOptions } from './replay-chain.ts';

/** What a peer serves, and how. */
export interface ReplayPeerOptions extends ReplayChainOptions {
  /** `127.0.0.1` by default. */
  readonly host?: string;
  /** 0, any free port, by default. */
  readonly port?: number;
  /** Milliseconds that every answer takes longer, 0 by default. Answers keep their order. */
  readonly latency?: number;
  /** `/replay-peer:1/` by default. */
  readonly userAgent?: string;
  /** `NODE_NETWORK` and `NODE_WITNESS` by default. */
  readonly services?: bigint;
  /** Height that our `version` claims: that of the last header by default. */
  readonly startHeight?: number;
  /** Whether to ask for transactions that are announced. False by default. */
  readonly requestsTransactions?: boolean;
  /** Called for each connection, the handshake done. */
  readonly onPeer?: (peer: PeerConnection) => void;
  /**
   * Called with each message before it is answered (without latency). One that answers true has
   * seen to it: nothing else is done. This is how to misbehave.
   */
  readonly onMessage?: (message: Message, peer: PeerConnection) => unknown;
}

/** What a peer has done so far. */
export interface ReplayStats {
  /** Connections that got as far as the end of the handshake. */
  connections: number;
  /** Headers sent. */
  headers: number;
  /** Blocks sent. */
  blocks: number;
  /** Messages received, by type. */
  readonly received: Record<string, number>;
}

/** A peer that serves a chain until it is closed. */
export interface ReplayPeer {
  /** `host:port`. */
  readonly address: string;
  readonly port: number;
  readonly chain: ReplayChain;
  /** Connections that stand. */
  readonly connections: ReadonlySet<PeerConnection>;
  readonly stats: Readonly<ReplayStats>;
  /** Transactions that it asked for and got. */
  readonly transactions: readonly TransactionView[];
  close(): Promise<void>;
}

/** Starts a peer that serves headers and blocks to whoever connects. */
export async function startReplayPeer(options: ReplayPeerOptions): Promise<ReplayPeer> {
  const chain = new ReplayChain(options);
  const replay = new Replay(chain, options);
  const listener = await listen(
    {
      network: options.network,
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
      userAgent: options.userAgent ?? '/replay-peer:1/',
      services: options.services ?? ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_WITNESS,
      startHeight: options.startHeight ?? chain.height,
      relay: options.requestsTransactions === true,
    },
    (peer) => void replay.serve(peer),
  );
  return {
    address: listener.address,
    port: Number(listener.address.slice(listener.address.lastIndexOf(':') + 1)),
    chain,
    connections: replay.connections,
    stats: replay.stats,
    transactions: replay.transactions,
    close: () => listener.close(),
  };
}

/** Answers what peers ask. */
class Replay {
  readonly connections = new Set<PeerConnection>();
  readonly stats: ReplayStats = { connections: 0, headers: 0, blocks: 0, received: {} };
  readonly transactions: TransactionView[] = [];
  readonly #chain: ReplayChain;
  readonly #options: ReplayPeerOptions;

  constructor(chain: ReplayChain, options: ReplayPeerOptions) {
    this.#chain = chain;
    this.#options = options;
  }

  async serve(peer: PeerConnection): Promise<void> {
    this.stats.connections++;
    this.connections.add(peer);
    void peer.closed.then(() => this.connections.delete(peer));
    this.#options.onPeer?.(peer);
    const conversation = new Conversation(peer, this.#chain, this.stats);
    const { latency = 0 } = this.#options;
    let answered = Promise.resolve();
    for await (const message of peer.messages()) {
      this.#count(message);
      if (this.#options.onMessage?.(message, peer) === true) continue;
      if (message.type === 'tx') this.transactions.push(message.payload.transaction);
      if (message.type === 'inv' && this.#options.requestsTransactions !== true) continue;
      if (latency === 0) {
        await conversation.answer(message);
      } else {
        // Each waits its own time, but is answered after those before it.
        const due = new Promise<void>((resolve) => setTimeout(resolve, latency).unref());
        answered = answered.then(() => due).then(() => conversation.answer(message));
      }
    }
  }

  #count(message: Message): void {
    const type = messageTypeOf(message);
    this.stats.received[type] = (this.stats.received[type] ?? 0) + 1;
  }
}

/** One connection's questions and answers. */
class Conversation {
  readonly #peer: PeerConnection;
  readonly #chain: ReplayChain;
  readonly #stats: ReplayStats;
  /** The last block of a full answer to `getblocks`: asking for it asks for more. */
  #continuation: Uint8Array | undefined;

  constructor(peer: PeerConnection, chain: ReplayChain, stats: ReplayStats) {
    this.#peer = peer;
    this.#chain = chain;
    this.#stats = stats;
  }

  async answer(message: Message): Promise<void> {
    switch (message.type) {
      case 'getheaders': {
        const { locator, hashStop } = message.payload;
        const range = this.#chain.getHeaders(locator, hashStop);
        if (range === undefined) return;
        this.#stats.headers += range.count;
        return this.#send(this.#chain.headers(range.start, range.count));
      }
      case 'getblocks':
        return this.#answerGetBlocks(message);
      case 'getdata':
        return this.#answerGetData(message);
      case 'inv':
        return this.#askFor(message.payload.inventory);
    }
  }

  async #answerGetBlocks({ payload }: MessageOf<'getblocks'>): Promise<void> {
    const hashes = this.#chain.getBlocks(payload.locator, payload.hashStop);
    if (hashes.length === 0) return;
    if (hashes.length === MAX_GETBLOCKS_RESULTS) this.#continuation = hashes.at(-1);
    const inventory = hashes.map((hash) => ({ type: 'block', hash }) as const);
    await this.#send({ type: 'inv', payload: { inventory } });
  }

  async #answerGetData({ payload }: MessageOf<'getdata'>): Promise<void> {
    const missing: InventoryVector[] = [];
    for (const vector of payload.inventory) {
      const block = this.#block(vector);
      if (block === undefined) {
        missing.push(vector);
        continue;
      }
      this.#stats.blocks++;
      await this.#send(block);
      await this.#continue(vector.hash);
    }
    if (missing.length > 0) {
      await this.#send({ type: 'notfound', payload: { inventory: missing } });
    }
  }

  #block({ type, hash }: InventoryVector): Message | undefined {
    if (type === 'block') return this.#chain.block(hash, false);
    // Core, too, sends old blocks whole to those who ask for compact ones.
    if (type === 'witness_block' || type === 'cmpct_block') return this.#chain.block(hash, true);
    return undefined;
  }

  async #continue(hash: Uint8Array): Promise<void> {
    if (this.#continuation === undefined || !equalHashes(this.#continuation, hash)) return;
    this.#continuation = undefined;
    const tip = this.#chain.hash(this.#chain.size - 1);
    await this.#send({ type: 'inv', payload: { inventory: [{ type: 'block', hash: tip }] } });
  }

  async #askFor(announced: readonly InventoryVector[]): Promise<void> {
    const inventory: InventoryVector[] = [];
    for (const { type, hash } of announced) {
      if (type === 'wtx') inventory.push({ type: 'wtx', hash });
      if (type === 'tx') inventory.push({ type: 'witness_tx', hash });
    }
    if (inventory.length > 0) await this.#send({ type: 'getdata', payload: { inventory } });
  }

  async #send(message: Message): Promise<void> {
    if (this.#peer.isClosed || this.#peer.send(message)) return;
    // The loop over the messages sees the end of the connection for itself.
    await this.#peer.drained().catch(() => {});
  }
}
