import type { ConsensusParams, HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { Time } from '@btcp2p/machine';
import {
  BlockView,
  equalHashes,
  ServiceFlags,
  type GetHeaders,
  type InventoryVector,
  type Message,
} from '@btcp2p/wire';
import type { ActiveChain } from './active-chain.ts';
import { answerGetBlocks, answerGetHeaders, blockRequestAllowed } from './chain-queries.ts';
import { isSendFull, type Connection } from './connection.ts';
import type { JobResult } from './job.ts';
import type { NodeDisconnectReason } from './node-event.ts';
import { mayRelayTransactions } from './node-peer-info.ts';

/**
 * How many blocks a peer can always have of a node that has only the last ones (BIP 159; Core
 * `NODE_NETWORK_LIMITED_MIN_BLOCKS`, net_processing.cpp).
 */
const NODE_NETWORK_LIMITED_MIN_BLOCKS = 288;
/** Blocks by which a peer may not have heard of our tip yet (Core `ProcessGetBlockData`). */
const RACE_BUFFER = 2;

/** What serving needs of the node. */
export interface BlockServerPort {
  /** Headers of a chain with less work are not shown to peers. */
  readonly minimumChainWork: bigint;
  /** What we offer: bits of `ServiceFlags`. */
  services(): bigint;
  /** Reads a stored block, and later calls `done`, once. */
  readBlock(
    connection: Connection,
    hash: Uint8Array,
    done: (result: JobResult, now: Time) => void,
  ): void;
  send(connection: Connection, message: Message, now: Time): void;
  disconnect(connection: Connection, reason: NodeDisconnectReason, detail: string): void;
}

/**
 * Answers `getheaders`, `getblocks` and `getdata` from the blocks that are stored.
 *
 * **Specification** (Core `ProcessGetData`, net_processing.cpp). Requests are answered in the order
 * in which they came, a block at a time, and only while the peer reads. What may not be had, or is
 * of a kind that is not known, is passed over in silence; transactions are `notfound`, unless none
 * may pass to the peer at all. A peer that asks for a compact block gets the whole block, as BIP 152
 * allows.
 *
 * A node that offers the last blocks only ends the connection when older ones are asked for, also
 * those that it still has: else it would show which it has deleted, and the peer would wait for them.
 *
 * While our chain has less than the minimum work, `getheaders` has an empty answer (Core
 * net_processing.cpp, GETHEADERS), except for peers with the permission `download`: others would
 * only start a sync of headers that they would give up.
 */
export class BlockServer {
  readonly #headers: HeaderTree;
  readonly #chain: ActiveChain;
  readonly #params: ConsensusParams;
  readonly #port: BlockServerPort;

  constructor(
    headers: HeaderTree,
    chain: ActiveChain,
    params: ConsensusParams,
    port: BlockServerPort,
  ) {
    this.#headers = headers;
    this.#chain = chain;
    this.#params = params;
    this.#port = port;
  }

  /** Answers a `getheaders`. */
  getHeaders(connection: Connection, request: GetHeaders, now: Time): void {
    const { minimumChainWork } = this.#port;
    const hasEnoughWork = this.#headers.chainWork(this.#chain.tip()) >= minimumChainWork;
    if (!hasEnoughWork && !connection.permissions.includes('download')) {
      this.#port.send(connection, { type: 'headers', payload: { headers: [] } }, now);
      return;
    }
    const entries = answerGetHeaders(this.#headers, this.#chain, request, this.#params);
    if (entries === undefined) return;
    connection.bestHeaderSent = entries.at(-1) ?? this.#chain.tip();
    const headers = entries.map((entry) => this.#headers.header(entry));
    this.#port.send(connection, { type: 'headers', payload: { headers } }, now);
  }

  /** Answers a `getblocks`. */
  getBlocks(connection: Connection, request: GetHeaders, now: Time): void {
    const { entries, more } = answerGetBlocks(this.#headers, this.#chain, request);
    if (entries.length === 0) return;
    const hashes = entries.map((entry) => this.#headers.hash(entry));
    if (more) connection.continuation = hashes.at(-1);
    const inventory = hashes.map((hash): InventoryVector => ({ type: 'block', hash }));
    this.#port.send(connection, { type: 'inv', payload: { inventory } }, now);
  }

  /** Answers what a peer has asked for by `getdata`, as far as possible now. */
  serve(connection: Connection, now: Time): void {
    const missing: InventoryVector[] = [];
    while (!connection.reading && !isSendFull(connection)) {
      const request = connection.requests.pop();
      if (request === undefined) break;
      switch (request.type) {
        case 'tx':
        case 'wtx':
        case 'witness_tx':
          if (mayRelayTransactions(connection, this.#port.services())) missing.push(request);
          break;
        case 'block':
        case 'witness_block':
        case 'cmpct_block':
          this.#startReading(connection, request);
          break;
        default:
          break;
      }
    }
    if (missing.length > 0) {
      this.#port.send(connection, { type: 'notfound', payload: { inventory: missing } }, now);
    }
  }

  #startReading(connection: Connection, { type, hash }: InventoryVector): void {
    const entry = this.#headers.find(hash);
    if (entry === undefined) return;
    if (!blockRequestAllowed(this.#headers, this.#chain, entry, this.#params)) return;
    if (this.#isTooOld(connection, entry) && !connection.permissions.includes('noban')) {
      const why = 'Ignore block request below NODE_NETWORK_LIMITED threshold';
      const detail = `${why}, disconnecting peer=${connection.id}`;
      this.#port.disconnect(connection, 'block-below-threshold', detail);
      return;
    }
    if (!this.#chain.hasBlock(entry)) return;
    connection.reading = true;
    this.#port.readBlock(connection, hash, (result, now) => {
      connection.reading = false;
      if (connection.closing) return;
      if (result.type !== 'block') {
        const detail = `Cannot load block from disk, disconnecting peer=${connection.id}`;
        this.#port.disconnect(connection, 'block-unreadable', detail);
        return;
      }
      const view = BlockView.of(result.bytes);
      const block = type === 'block' ? BlockView.of(view.strippedBytes()) : view;
      this.#port.send(connection, { type: 'block', payload: { block } }, now);
      this.#continue(connection, hash, now);
    });
  }

  /** Whether a block is beyond what we offered to a peer, though it may be there. */
  #isTooOld({ services }: Connection, entry: HeaderEntry): boolean {
    const { NODE_NETWORK, NODE_NETWORK_LIMITED } = ServiceFlags;
    const offered = services & (NODE_NETWORK | NODE_NETWORK_LIMITED);
    if (offered !== NODE_NETWORK_LIMITED) return false;
    const depth = this.#chain.height - this.#headers.height(entry);
    return depth > NODE_NETWORK_LIMITED_MIN_BLOCKS + RACE_BUFFER;
  }

  /** After the last block of a `getblocks` answer, tells of the tip, so that the next is asked. */
  #continue(connection: Connection, hash: Uint8Array, now: Time): void {
    const { continuation } = connection;
    if (continuation === undefined || !equalHashes(continuation, hash)) return;
    connection.continuation = undefined;
    const tip = this.#headers.hash(this.#chain.tip());
    const inventory: InventoryVector[] = [{ type: 'block', hash: tip }];
    this.#port.send(connection, { type: 'inv', payload: { inventory } }, now);
  }
}
