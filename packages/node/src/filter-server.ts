import type { ConsensusParams, HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { Time } from '@btcp2p/machine';
import {
  hashToHex,
  MAX_GETCFHEADERS_SIZE,
  MAX_GETCFILTERS_SIZE,
  type GetCFCheckpt,
  type GetCFHeaders,
  type GetCFilters,
  type Message,
} from '@btcp2p/wire';
import type { ActiveChain } from './active-chain.ts';
import { blockRequestAllowed } from './chain-queries.ts';
import { isSendFull, type Connection } from './connection.ts';
import type { FilterJob, JobResult } from './job.ts';

/** The type of basic filters in messages (BIP 158). */
export const BASIC_FILTER_TYPE = 0;

/** What serving filters needs of the node. */
export interface FilterServerPort {
  /** Asks the chain, and later calls `done`, once. */
  read(connection: Connection, job: FilterJob, done: (result: JobResult, now: Time) => void): void;
  send(connection: Connection, message: Message, now: Time): void;
  /** Ends a connection, because of a request that no honest peer makes. */
  refuse(connection: Connection, detail: string): void;
  /** The index does not have what was asked for. */
  missing(connection: Connection, detail: string): void;
}

/** Filters that a peer has asked for and not been sent. */
export interface FilterRequest {
  /** The height of the next one. */
  next: number;
  readonly stop: HeaderEntry;
}

/**
 * Answers `getcfilters`, `getcfheaders` and `getcfcheckpt` (BIP 157; Core `ProcessGetCFilters` and
 * others, net_processing.cpp), also for blocks that are not of the chain any more.
 *
 * Specification: a request for a block that may not be had, that ends before it starts, or for more
 * than the protocol allows, ends the connection. What the index does not have is not answered.
 * Filters are read some at a time, and only while the peer takes them.
 */
export class FilterServer {
  readonly #headers: HeaderTree;
  readonly #chain: ActiveChain;
  readonly #params: ConsensusParams;
  readonly #port: FilterServerPort;

  constructor(
    headers: HeaderTree,
    chain: ActiveChain,
    params: ConsensusParams,
    port: FilterServerPort,
  ) {
    this.#headers = headers;
    this.#chain = chain;
    this.#params = params;
    this.#port = port;
  }

  /** Begins to answer a `getcfilters`: {@link serve} goes on. */
  getFilters(connection: Connection, { startHeight, stopHash }: GetCFilters): void {
    const stop = this.#stopOf(connection, stopHash, startHeight, MAX_GETCFILTERS_SIZE);
    if (stop !== undefined) connection.filterRequest = { next: startHeight, stop };
  }

  /** Answers a `getcfheaders`. */
  getHeaders(connection: Connection, { startHeight, stopHash }: GetCFHeaders): void {
    const stop = this.#stopOf(connection, stopHash, startHeight, MAX_GETCFHEADERS_SIZE);
    if (stop === undefined) return;
    this.#read(connection, { type: 'read-filter-hashes', startHeight, stop }, (result, now) => {
      if (result.type !== 'filter-hashes') {
        this.#missing(connection, 'filter hashes', startHeight, stop);
        return;
      }
      const { previousHeader, hashes } = result;
      const payload = {
        filterType: BASIC_FILTER_TYPE,
        stopHash,
        previousFilterHeader: previousHeader,
        filterHashes: hashes,
      };
      this.#port.send(connection, { type: 'cfheaders', payload }, now);
    });
  }

  /** Answers a `getcfcheckpt`. */
  getCheckpoints(connection: Connection, { stopHash }: GetCFCheckpt): void {
    const stop = this.#stopOf(connection, stopHash, 0, Infinity);
    if (stop === undefined) return;
    this.#read(connection, { type: 'read-filter-checkpoints', stop }, (result, now) => {
      if (result.type !== 'filter-checkpoints') {
        this.#missing(connection, 'filter header', 0, stop);
        return;
      }
      const payload = { filterType: BASIC_FILTER_TYPE, stopHash, filterHeaders: result.headers };
      this.#port.send(connection, { type: 'cfcheckpt', payload }, now);
    });
  }

  /** Goes on with the filters that a peer waits for, as far as possible now. */
  serve(connection: Connection): void {
    const request = connection.filterRequest;
    if (request === undefined || connection.reading || isSendFull(connection)) return;
    const { next: startHeight, stop } = request;
    this.#read(connection, { type: 'read-filters', startHeight, stop }, (result, now) => {
      if (result.type !== 'filters' || result.filters.length === 0) {
        connection.filterRequest = undefined;
        this.#missing(connection, 'filter', startHeight, stop);
        return;
      }
      for (const { blockHash, filter } of result.filters) {
        const payload = { filterType: BASIC_FILTER_TYPE, blockHash, filter };
        this.#port.send(connection, { type: 'cfilter', payload }, now);
      }
      request.next += result.filters.length;
      if (request.next > this.#headers.height(stop)) connection.filterRequest = undefined;
    });
  }

  #read(
    connection: Connection,
    job: FilterJob,
    done: (result: JobResult, now: Time) => void,
  ): void {
    connection.reading = true;
    this.#port.read(connection, job, (result, now) => {
      connection.reading = false;
      if (!connection.closing) done(result, now);
    });
  }

  /** The last block of a request; undefined if it is none to answer (Core `PrepareBlockFilterRequest`). */
  #stopOf(
    connection: Connection,
    stopHash: Uint8Array,
    startHeight: number,
    max: number,
  ): HeaderEntry | undefined {
    const stop = this.#headers.find(stopHash);
    if (stop === undefined || !blockRequestAllowed(this.#headers, this.#chain, stop, this.#params)) {
      return this.#refuse(connection, `requested invalid block hash: ${hashToHex(stopHash)}`);
    }
    const stopHeight = this.#headers.height(stop);
    if (startHeight > stopHeight) {
      const heights = `start height ${startHeight} and stop height ${stopHeight}`;
      return this.#refuse(connection, `sent invalid getcfilters/getcfheaders with ${heights}`);
    }
    const count = stopHeight - startHeight + 1;
    if (count <= max) return stop;
    return this.#refuse(connection, `requested too many cfilters/cfheaders: ${count} / ${max}`);
  }

  #refuse(connection: Connection, what: string): undefined {
    this.#port.refuse(connection, `peer ${what}, disconnecting peer=${connection.id}`);
  }

  #missing(connection: Connection, what: string, startHeight: number, stop: HeaderEntry): void {
    const name = hashToHex(this.#headers.hash(stop));
    const place = `filter_type=basic, start_height=${startHeight}, stop_hash=${name}`;
    this.#port.missing(connection, `Failed to find block ${what} in index: ${place}`);
  }
}
