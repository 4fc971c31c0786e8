import { checkBlock, type ConsensusParams, type HeaderEntry, type HeaderTree } from '@btcp2p/consensus';
import type { Time } from '@btcp2p/machine';
import type { Sync } from '@btcp2p/sync';
import { BLOCK_HEADER_SIZE, type BlockView, type Sha256d } from '@btcp2p/wire';
import type { ActiveChain } from './active-chain.ts';
import type { BlockOutcome, ChainEvent } from './chain-port.ts';
import type { ChainJob, JobResult } from './job.ts';
import type { NodeEvent } from './node-event.ts';

/** What taking blocks needs of the node. */
export interface ChainIntakePort {
  request(job: ChainJob, completion: (result: JobResult, now: Time) => void): void;
  event(event: NodeEvent): void;
  /** Tells peers of blocks that are new in the chain, lowest first. */
  announce(connected: readonly HeaderEntry[], now: Time): void;
  /** The chain cannot be kept any more. */
  fail(detail: string): void;
}

/** What {@link ChainIntake} rests on. */
export interface ChainIntakeOptions {
  readonly headers: HeaderTree;
  readonly chain: ActiveChain;
  readonly sync: Sync;
  readonly params: ConsensusParams;
  readonly sha256d?: Sha256d;
  readonly port: ChainIntakePort;
}

/**
 * Hands headers and blocks to the chain, wherever it is kept, and tells `sync` and peers what becomes
 * of them.
 */
export class ChainIntake {
  readonly #options: ChainIntakeOptions;
  /** Blocks that were connected since the chain last came to rest, lowest first. */
  #connected: HeaderEntry[] = [];
  #disconnected = 0;

  constructor(options: ChainIntakeOptions) {
    this.#options = options;
  }

  /** Has headers kept. They are told of once they are. */
  addHeaders(entries: readonly HeaderEntry[]): void {
    const { headers, port } = this.#options;
    const bytes = new Uint8Array(entries.length * BLOCK_HEADER_SIZE);
    for (const [i, entry] of entries.entries()) {
      bytes.set(headers.headerBytes(entry), i * BLOCK_HEADER_SIZE);
    }
    port.request({ type: 'append-headers', headers: bytes }, (result) => {
      if (!this.#must(result)) return;
      port.event({ type: 'headers', count: entries.length, last: entries.at(-1)! });
    });
  }

  /** Has a block of a peer checked and kept. `done` is called once, after all that it brings about. */
  addBlock(entry: HeaderEntry, block: BlockView, done: (now: Time) => void): void {
    const { headers, sync, port } = this.#options;
    this.#process(block, (outcome, now) => {
      if (outcome !== undefined && outcome.status === 'rejected') {
        const detail = describe(outcome);
        port.event({ type: 'block-rejected', entry, detail });
        // What says nothing of the header leaves it as it is: its real block may still come.
        const mutated = outcome.mutated || !headers.isInvalid(entry);
        sync.blockInvalid(entry, now, { mutated, detail });
      } else if (outcome !== undefined) {
        sync.blockStored(entry, now);
      }
      done(now);
    });
  }

  /**
   * Has a header checked and kept, as `submitheader` does.
   *
   * @returns Core's word for what is wrong with it, or undefined
   */
  submitHeader(header: Uint8Array, now: Time): string | undefined {
    const { headers } = this.#options;
    const added = headers.add(header, now.unix);
    if (added.status === 'orphan') return 'prev-blk-not-found';
    if (added.status === 'invalid') return added.reason;
    if (added.status === 'added') this.addHeaders([added.entry]);
    return undefined;
  }

  /**
   * Has a block of the user checked and kept, as `submitblock` does.
   *
   * @param done called once, at once or later; with undefined if the chain cannot be kept any more
   */
  submitBlock(
    block: BlockView,
    now: Time,
    done: (outcome: BlockOutcome | undefined) => void,
  ): void {
    const { headers, params, sha256d } = this.#options;
    const own = checkBlock(block, params, sha256d);
    if (own.status === 'invalid') {
      done({ ...own, status: 'rejected' });
      return;
    }
    const reason = this.submitHeader(block.headerBytes, now);
    if (reason !== undefined) {
      done({ status: 'rejected', reason, debug: '', mutated: false });
      return;
    }
    const entry = headers.find(block.hash(sha256d))!;
    this.#process(block, (outcome, at) => {
      if (outcome?.status === 'accepted') this.#options.sync.blockStored(entry, at);
      done(outcome);
    });
  }

  /** Takes note of what happened to the chain. */
  handleEvent(event: ChainEvent, now: Time): void {
    const { chain, headers, sync, port } = this.#options;
    chain.apply(event);
    switch (event.type) {
      case 'connected':
        this.#connected.push(event.entry);
        port.event({ type: 'block-connected', entry: event.entry });
        break;
      case 'disconnected':
        if (this.#connected.at(-1) === event.entry) this.#connected.pop();
        this.#disconnected++;
        port.event({ type: 'block-disconnected', entry: event.entry });
        break;
      case 'invalid':
        this.#handleInvalid(event, now);
        break;
      case 'reconsidered':
        headers.clearInvalid(event.entry);
        break;
      case 'tip':
        this.#handleTip(now);
        break;
      default:
        break;
    }
    if (event.type !== 'stored') sync.tipChanged(now);
  }

  #handleInvalid({ entry, rejection }: Extract<ChainEvent, { type: 'invalid' }>, now: Time): void {
    const { headers, sync, port } = this.#options;
    if (rejection === undefined) {
      if (!headers.isInvalid(entry)) headers.markInvalid(entry);
      return;
    }
    const detail = describe(rejection);
    port.event({ type: 'block-rejected', entry, detail });
    sync.blockInvalid(entry, now, { detail });
  }

  #handleTip(now: Time): void {
    const { chain, sync, port } = this.#options;
    const connected = this.#connected;
    const disconnected = this.#disconnected;
    this.#connected = [];
    this.#disconnected = 0;
    port.event({
      type: 'tip',
      tip: chain.tip(),
      height: chain.height,
      connected: connected.length,
      disconnected,
    });
    sync.tipChanged(now);
    if (connected.length > 0 && !sync.isInitialBlockDownload) port.announce(connected, now);
  }

  #process(
    block: BlockView,
    done: (outcome: BlockOutcome | undefined, now: Time) => void,
  ): void {
    this.#options.port.request({ type: 'process-block', bytes: block.bytes }, (result, now) => {
      if (!this.#must(result)) {
        done(undefined, now);
        return;
      }
      if (result.type !== 'processed') throw new Error(`a block came to ${result.type}`);
      done(result.outcome, now);
    });
  }

  /** What cannot be kept must not be told to anyone: a node whose storage fails stops. */
  #must(result: JobResult): boolean {
    if (result.type !== 'failed') return true;
    this.#options.port.fail(result.detail);
    return false;
  }
}

function describe({ reason, debug }: { readonly reason: string; readonly debug: string }): string {
  return debug === '' ? reason : `${reason}, ${debug}`;
}
