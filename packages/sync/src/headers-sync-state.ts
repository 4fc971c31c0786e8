import {
  blockProof,
  MAX_FUTURE_BLOCK_TIME,
  permittedDifficultyTransition,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderTree,
} from '@btcp2p/consensus';
import type { Rng, UnixTime } from '@btcp2p/machine';
import { BLOCK_HEADER_SIZE, equalHashes, sha256d, type Sha256d } from '@btcp2p/wire';
import { BitQueue } from './bit-queue.ts';
import { CompressedHeaders } from './compressed-headers.ts';
import { HeaderBatch } from './header-batch.ts';
import { sipHash } from './sip-hash.ts';

/**
 * The fastest that a chain can grow for ever, blocks a second: the median time past must rise by a
 * second at every sixth block (Core headerssync.cpp).
 */
const MAX_BLOCKS_PER_SECOND = 6;

/**
 * Where a low-work headers sync is (Core `HeadersSyncState::State`).
 *
 * - `presync`: the peer has yet to show that its chain has enough work
 * - `redownload`: it has, and now sends the same headers again, to be kept
 * - `final`: over, whether well or not; the object is of no more use
 */
export type HeadersSyncPhase = 'presync' | 'redownload' | 'final';

/** What came of one batch of headers (Core `HeadersSyncState::ProcessingResult`). */
export interface HeadersSyncResult {
  /** Headers that may be kept for good, since they are of a chain of enough work. */
  readonly powValidatedHeaders: HeaderBatch;
  /** False if the peer's headers were not what they should be, which ends the sync. */
  readonly success: boolean;
  /** Whether to ask the peer for more, by {@link HeadersSyncState.nextLocator}. */
  readonly requestMore: boolean;
}

/** What a low-work headers sync starts from. */
export interface HeadersSyncStateOptions {
  readonly params: ConsensusParams;
  readonly headers: HeaderTree;
  /** The header that the peer's first one builds on. */
  readonly chainStart: HeaderEntry;
  /** The work that the peer's chain must have. */
  readonly minimumRequiredWork: bigint;
  /** Secret: who can foretell it can make a chain that passes. */
  readonly rng: Rng;
  readonly now: UnixTime;
  readonly sha256d?: Sha256d;
}

/**
 * Downloads one peer's chain of headers without trusting that it has any work (Core
 * `HeadersSyncState`, headerssync.h).
 *
 * === Specification ===
 *
 * 1. *Presync.* Headers are checked for continuity and for difficulty that changes no faster than
 *    the rules permit, their work is added up, and all is forgotten but one bit of a salted hash for
 *    every `commitmentPeriod`-th header, at heights that leave a secret remainder. A message that is
 *    not full, while there is too little work, ends the sync. So do more commitments than the
 *    longest possible chain would need.
 * 2. *Redownload.* Once the work suffices, the same headers are asked for from the start. Each is
 *    checked again, now against the commitments, and waits in a buffer. A header leaves it for good
 *    when more than `redownloadBufferSize` wait, that is, when all the commitments on top of it have
 *    been found right; or when the work suffices again, which lets all go.
 * 3. Headers must have valid proof of work and be continuous within a batch: the caller sees to it.
 *
 * === Rationale ===
 *
 * Headers of the least difficulty cost nothing, so that a peer could fill our memory with them
 * before we found that they come to nothing. Downloading twice costs bandwidth once in a node's
 * life, and bounds the memory. The commitments stop a peer from showing one chain and delivering
 * another: each of them is guessed right by chance in one case of two, and where they are is
 * secret, so that to slip in `redownloadBufferSize` headers of no work, it needs to be lucky for
 * some 24 bits, and has to do the whole work of the chain again for another try.
 *
 * The difficulty is bounded in both directions at each step, lest a peer puts all the work that the
 * threshold asks for into few blocks, which is a lottery that is won more often than the work says.
 *
 * === Memory ===
 *
 * At most one bit for each commitment, of which there are at most 6 blocks/s × (now - median time
 * past of the start + 2 h) / `commitmentPeriod`, plus 48 bytes for each header of the buffer, of
 * which there are at most `redownloadBufferSize` plus those of one batch; each to within two chunks
 * (1 KiB and 24 KiB). For mainnet in 2026, from genesis: 5.4 million bits (0.7 MB) and 17,009
 * headers (0.8 MB). {@link retainedBytes} tells what is held, {@link maxRetainedBytes} the bound.
 */
export class HeadersSyncState {
  readonly #options: HeadersSyncStateOptions;
  readonly #sha256d: Sha256d;
  /** A commitment is made at each height that leaves this when divided by the period. Secret. */
  readonly #commitOffset: number;
  readonly #k0: bigint;
  readonly #k1: bigint;
  readonly #maxCommitments: number;
  readonly #commitments = new BitQueue();
  readonly #startHeight: number;
  readonly #startHash: Uint8Array;
  #phase: HeadersSyncPhase = 'presync';
  readonly #presync: ChainEnd;

  readonly #buffer = new CompressedHeaders();
  readonly #redownload: ChainEnd;
  /** The hash of the header before the first in the buffer. */
  #bufferPrevHash: Uint8Array;
  #releaseAll = false;

  constructor(options: HeadersSyncStateOptions) {
    const { params, headers, chainStart, rng, now } = options;
    const { commitmentPeriod } = params.headersSync;
    if (!(commitmentPeriod > 0)) throw new RangeError('the commitment period must be positive');
    this.#options = options;
    this.#sha256d = options.sha256d ?? sha256d;
    this.#commitOffset = rng.below(commitmentPeriod);
    this.#k0 = rng.u64();
    this.#k1 = rng.u64();
    const seconds = now - headers.medianTimePast(chainStart) + MAX_FUTURE_BLOCK_TIME;
    this.#maxCommitments = Math.floor((MAX_BLOCKS_PER_SECOND * seconds) / commitmentPeriod);
    this.#startHeight = headers.height(chainStart);
    this.#startHash = headers.hash(chainStart).slice();
    this.#presync = this.#chainStart();
    this.#redownload = this.#chainStart();
    this.#bufferPrevHash = this.#startHash;
  }

  /** Where the sync is. */
  get phase(): HeadersSyncPhase {
    return this.#phase;
  }

  /** Height of the last header received in presync. */
  get presyncHeight(): number {
    return this.#presync.height;
  }

  /** Time of the last header received in presync, Unix seconds. */
  get presyncTime(): number {
    return this.#presync.time;
  }

  /** Work of the chain received in presync. */
  get presyncWork(): bigint {
    return this.#presync.work;
  }

  /** Bytes held for this peer, but for a constant. */
  get retainedBytes(): number {
    return this.#commitments.retainedBytes + this.#buffer.retainedBytes;
  }

  /**
   * What {@link retainedBytes} can come to, whatever the peer does.
   *
   * @param batch the most headers ever given to {@link processNextHeaders} at once
   */
  maxRetainedBytes(batch: number): number {
    const { redownloadBufferSize } = this.#options.params.headersSync;
    // A queue that is not aligned with its chunks takes up to one chunk more at either end. The one
    // commitment too many is stored before it is noticed.
    const bits = Math.ceil((this.#maxCommitments + 1) / 8_192) + 1;
    const headers = Math.ceil((redownloadBufferSize + batch) / 512) + 1;
    return bits * 1_024 + headers * 512 * 48;
  }

  /**
   * Takes the next batch of headers from the peer.
   *
   * @param batch at least one header: continuous, and each with valid proof of work
   * @param full whether the message had as many headers as one can have
   */
  processNextHeaders(batch: HeaderBatch, full: boolean): HeadersSyncResult {
    if (this.#phase === 'final') throw new Error('this headers sync is over');
    if (batch.length === 0) throw new RangeError('no headers');
    const result =
      this.#phase === 'presync' ? this.#takePresync(batch, full) : this.#takeRedownload(batch, full);
    if (!(result.success && result.requestMore)) this.#finalize();
    return result;
  }

  /** What to ask the peer for next: hashes of 32 bytes, newest first. */
  nextLocator(): Uint8Array[] {
    if (this.#phase === 'final') throw new Error('this headers sync is over');
    const { headers, chainStart } = this.#options;
    const last = this.#phase === 'presync' ? this.#presync : this.#redownload;
    return [last.hash.slice(), ...headers.locator(chainStart)];
  }

  #chainStart(): ChainEnd {
    const { headers, chainStart } = this.#options;
    return {
      height: this.#startHeight,
      hash: this.#startHash,
      time: headers.time(chainStart),
      bits: headers.bits(chainStart),
      work: headers.chainWork(chainStart),
    };
  }

  #takePresync(batch: HeaderBatch, full: boolean): HeadersSyncResult {
    // A peer that has left the chain it was on is no liar: the sync ends, and may start anew.
    if (!equalHashes(batch.prevHash(0), this.#presync.hash)) return FAILED;
    for (let i = 0; i < batch.length; i++) {
      if (!this.#commit(batch, i)) return FAILED;
    }
    if (this.#presync.work >= this.#options.minimumRequiredWork) this.#phase = 'redownload';
    // The peer has no more, and too little: nothing is wrong with that, but there is no use in it.
    const requestMore = full || this.#phase === 'redownload';
    return { powValidatedHeaders: HeaderBatch.empty, success: true, requestMore };
  }

  #commit(batch: HeaderBatch, index: number): boolean {
    const end = this.#presync;
    if (!this.#isPermitted(end, batch.bits(index))) return false;
    advance(end, batch, index);
    if (this.#hasCommitment(end.height)) {
      this.#commitments.push(this.#commitment(end.hash));
      if (this.#commitments.length > this.#maxCommitments) return false;
    }
    return true;
  }

  #takeRedownload(batch: HeaderBatch, full: boolean): HeadersSyncResult {
    for (let i = 0; i < batch.length; i++) {
      if (!this.#store(batch, i)) return FAILED;
    }
    const powValidatedHeaders = this.#release();
    const complete = this.#releaseAll && this.#buffer.length === 0;
    // A message that is not full means that the peer no longer serves the chain that it showed.
    // What has been released so far is good nevertheless.
    return { powValidatedHeaders, success: true, requestMore: !complete && full };
  }

  #store(batch: HeaderBatch, index: number): boolean {
    const end = this.#redownload;
    if (!equalHashes(batch.prevHash(index), end.hash)) return false;
    if (!this.#isPermitted(end, batch.bits(index))) return false;
    advance(end, batch, index);
    if (end.work >= this.#options.minimumRequiredWork) this.#releaseAll = true;
    // Above the header that had enough work the peer may have new ones, to which nobody committed.
    if (!this.#releaseAll && this.#hasCommitment(end.height)) {
      if (this.#commitments.shift() !== this.#commitment(end.hash)) return false;
    }
    this.#buffer.push(batch.header(index));
    return true;
  }

  #release(): HeaderBatch {
    const { redownloadBufferSize } = this.#options.params.headersSync;
    const kept = this.#releaseAll ? 0 : redownloadBufferSize;
    const count = this.#buffer.length - kept;
    if (count <= 0) return HeaderBatch.empty;
    const bytes = new Uint8Array(count * BLOCK_HEADER_SIZE);
    const hashes = new Uint8Array(count * 32);
    for (let i = 0; i < count; i++) {
      const header = bytes.subarray(i * BLOCK_HEADER_SIZE, (i + 1) * BLOCK_HEADER_SIZE);
      this.#buffer.shiftInto(header, this.#bufferPrevHash);
      this.#bufferPrevHash = this.#sha256d(header);
      hashes.set(this.#bufferPrevHash, i * 32);
    }
    return HeaderBatch.ofHashed(bytes, hashes);
  }

  #isPermitted(end: ChainEnd, bits: number): boolean {
    return permittedDifficultyTransition(this.#options.params, end.height + 1, end.bits, bits);
  }

  #hasCommitment(height: number): boolean {
    return height % this.#options.params.headersSync.commitmentPeriod === this.#commitOffset;
  }

  #commitment(hash: Uint8Array): number {
    return Number(sipHash(this.#k0, this.#k1, hash) & 1n);
  }

  /** Lets go of all memory. The salt must not serve a second sync. */
  #finalize(): void {
    this.#commitments.clear();
    this.#buffer.clear();
    this.#phase = 'final';
  }
}

/** The last header of a chain that is followed, and the work up to it. */
interface ChainEnd {
  height: number;
  hash: Uint8Array;
  time: number;
  bits: number;
  work: bigint;
}

const FAILED: HeadersSyncResult = {
  powValidatedHeaders: HeaderBatch.empty,
  success: false,
  requestMore: false,
};

function advance(end: ChainEnd, batch: HeaderBatch, index: number): void {
  end.height++;
  end.bits = batch.bits(index);
  end.work += blockProof(end.bits);
  // The hash is a view of its batch, which may go after the last header of it.
  const last = index === batch.length - 1;
  end.hash = last ? batch.hash(index).slice() : batch.hash(index);
  if (last) end.time = batch.time(index);
}
