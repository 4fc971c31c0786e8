import type {
  ConsensusParams,
  HeaderEntry,
  HeaderRejectReason,
  HeaderTree,
} from '@btcp2p/consensus';
import type { PeerId, Rng, Time } from '@btcp2p/machine';
import { MAX_HEADERS_RESULTS, type Sha256d } from '@btcp2p/wire';
import type { HeaderBatch } from './header-batch.ts';
import { HeadersSyncState } from './headers-sync-state.ts';

/**
 * What came of a `headers` message.
 *
 * - `empty`: the peer has nothing more
 * - `misbehaving`: no honest peer sends such headers; none was kept
 * - `unconnecting`: they build on a header that is not known here; none was kept
 * - `low-work`: their chain ends with too little work; none was kept
 * - `presync`: they were used up by a low-work headers sync, which goes on if there is a locator
 * - `invalid`: one was refused; those before it were kept
 * - `accepted`: all are known now, or all that a low-work headers sync has released
 */
export type HeadersOutcome =
  | { readonly type: 'empty' }
  | { readonly type: 'misbehaving'; readonly detail: string }
  | { readonly type: 'unconnecting'; readonly lastHash: Uint8Array }
  | { readonly type: 'low-work'; readonly height: number }
  | { readonly type: 'presync'; readonly locator: readonly Uint8Array[] | undefined }
  | {
      readonly type: 'invalid';
      readonly added: readonly HeaderEntry[];
      readonly reason: HeaderRejectReason;
      readonly detail: string;
      /** What a low-work headers sync wants next, if one goes on. */
      readonly locator: readonly Uint8Array[] | undefined;
    }
  | {
      readonly type: 'accepted';
      /** Those that were new, in order. */
      readonly added: readonly HeaderEntry[];
      /** The last of the message, new or not. */
      readonly last: HeaderEntry;
      /** Whether the last was new. */
      readonly isNew: boolean;
      /** Whether the message was full. */
      readonly full: boolean;
      /** What to ask the peer for next, if it may have more. */
      readonly locator: readonly Uint8Array[] | undefined;
    };

/** What {@link HeadersProcessor} works with. */
export interface HeadersProcessorOptions {
  readonly params: ConsensusParams;
  readonly headers: HeaderTree;
  /** Secret: salts the commitments of low-work headers syncs. */
  readonly rng: Rng;
  readonly sha256d?: Sha256d;
  /** Headers of a full message. */
  readonly maxHeadersResult?: number;
}

/** What the judgement of one `headers` message depends on. */
export interface HeadersContext {
  /** The last block of the validated chain. */
  readonly tip: HeaderEntry;
  /** The work that a chain must have before its headers are kept. */
  readonly workThreshold: bigint;
  /** Whether the peer is trusted not to send us headers of low work (Core's `noban`). */
  readonly trusted: boolean;
}

/**
 * Judges `headers` messages, and keeps what is worth it (Core `ProcessHeadersMessage`,
 * net_processing.cpp).
 *
 * === Specification ===
 *
 * 1. Each header must have the proof of work that it claims, and name the one before.
 * 2. If a low-work headers sync is on with the peer, it takes the headers, and may give back others
 *    to be kept. Should they not fit it, the sync ends, and they are judged as if there were none.
 * 3. The first must build on a known header.
 * 4. Unless the last is known and an ancestor of the best header or the tip: their chain, up to the
 *    last of them, must have the work of the threshold. If it has not, and the message is full, a
 *    low-work headers sync starts; if it is not full, they are ignored.
 * 5. All are added to the tree, which applies the rules, up to the first that breaks one.
 *
 * === Rationale ===
 *
 * Proof of work is checked for the whole message before any work is added up, or a peer could claim
 * any work by one header, and have the others kept. Headers that do not connect are no offence:
 * they may announce a block whose parents we have not heard of (BIP 130). Known headers are let
 * through without regard to work, since they take no memory, and a peer in sync with us sends them.
 */
export class HeadersProcessor {
  readonly #options: HeadersProcessorOptions;
  readonly #maxHeadersResult: number;
  readonly #syncs = new Map<PeerId, HeadersSyncState>();

  constructor(options: HeadersProcessorOptions) {
    this.#options = options;
    this.#maxHeadersResult = options.maxHeadersResult ?? MAX_HEADERS_RESULTS;
  }

  /** The low-work headers sync with a peer, if there is one. */
  lowWorkSync(id: PeerId): HeadersSyncState | undefined {
    return this.#syncs.get(id);
  }

  /** How many peers there is a low-work headers sync with. */
  get lowWorkSyncs(): number {
    return this.#syncs.size;
  }

  /** Bytes held for all peers, but for a constant for each. */
  get retainedBytes(): number {
    let bytes = 0;
    for (const sync of this.#syncs.values()) bytes += sync.retainedBytes;
    return bytes;
  }

  /** Lets go of what is kept for a peer. */
  removePeer(id: PeerId): void {
    this.#syncs.delete(id);
  }

  /** Judges one message. */
  process(id: PeerId, batch: HeaderBatch, context: HeadersContext, now: Time): HeadersOutcome {
    if (batch.length === 0) {
      // The peer has left the chain that it showed, if it showed one.
      this.#syncs.delete(id);
      return { type: 'empty' };
    }
    const { params, headers } = this.#options;
    if (!batch.hasValidProofOfWork(params)) return misbehaving('header with invalid proof of work');
    if (!batch.isContinuous()) return misbehaving('non-continuous headers sequence');

    const full = batch.length === this.#maxHeadersResult;
    const continued = this.#continue(id, batch, full);
    if (continued?.released.length === 0) return { type: 'presync', locator: continued.locator };
    const released = continued?.released ?? batch;

    const chainStart = headers.find(released.prevHash(0));
    if (chainStart === undefined) return unconnecting(released);
    const last = headers.find(released.hash(released.length - 1));
    const exempt = continued !== undefined || context.trusted || this.#isKnownGood(last, context.tip);
    if (!exempt) {
      const work = headers.chainWork(chainStart) + released.claimedWork();
      if (work < context.workThreshold) {
        return this.#takeLowWork(id, batch, chainStart, full, context.workThreshold, now);
      }
    }
    return this.#addAll(id, released, last === undefined, full, continued?.locator, now);
  }

  /** Feeds the peer's low-work sync. Undefined if there is none, or the headers do not fit it. */
  #continue(id: PeerId, batch: HeaderBatch, full: boolean): Continued | undefined {
    const sync = this.#syncs.get(id);
    if (sync === undefined) return undefined;
    const { success, requestMore, powValidatedHeaders } = sync.processNextHeaders(batch, full);
    const locator = requestMore ? sync.nextLocator() : undefined;
    if (sync.phase === 'final') this.#syncs.delete(id);
    return success ? { released: powValidatedHeaders, locator } : undefined;
  }

  #takeLowWork(
    id: PeerId,
    batch: HeaderBatch,
    chainStart: HeaderEntry,
    full: boolean,
    minimumRequiredWork: bigint,
    now: Time,
  ): HeadersOutcome {
    if (!full) {
      return { type: 'low-work', height: this.#options.headers.height(chainStart) + batch.length };
    }
    const sync = new HeadersSyncState({
      ...this.#options,
      chainStart,
      minimumRequiredWork,
      now: now.unix,
    });
    this.#syncs.set(id, sync);
    return { type: 'presync', locator: this.#continue(id, batch, full)?.locator };
  }

  #isKnownGood(last: HeaderEntry | undefined, tip: HeaderEntry): boolean {
    if (last === undefined) return false;
    const { headers } = this.#options;
    return headers.isAncestor(last, headers.best) || headers.isAncestor(last, tip);
  }

  #addAll(
    id: PeerId,
    batch: HeaderBatch,
    isNew: boolean,
    full: boolean,
    locator: readonly Uint8Array[] | undefined,
    now: Time,
  ): HeadersOutcome {
    const { headers } = this.#options;
    const added: HeaderEntry[] = [];
    let last: HeaderEntry | undefined;
    for (let i = 0; i < batch.length; i++) {
      const result = headers.add(batch.header(i), now.unix, batch.hash(i));
      if (result.status === 'orphan') throw new Error('a header in a continuous sequence is orphan');
      if (result.status === 'invalid') {
        const { reason, debug } = result;
        const detail = debug === '' ? reason : `${reason}, ${debug}`;
        return { type: 'invalid', added, reason, detail, locator };
      }
      last = result.entry;
      if (result.status === 'added') added.push(last);
    }
    if (last === undefined) throw new Error('no headers');
    // While a low-work sync is on, it alone decides what is asked for next.
    const more = full && !this.#syncs.has(id) ? headers.locator(last) : undefined;
    return { type: 'accepted', added, last, isNew, full, locator: locator ?? more };
  }
}

/** What a low-work headers sync made of a message. */
interface Continued {
  readonly released: HeaderBatch;
  readonly locator: readonly Uint8Array[] | undefined;
}

function misbehaving(detail: string): HeadersOutcome {
  return { type: 'misbehaving', detail };
}

function unconnecting(batch: HeaderBatch): HeadersOutcome {
  return { type: 'unconnecting', lastHash: batch.hash(batch.length - 1).slice() };
}
