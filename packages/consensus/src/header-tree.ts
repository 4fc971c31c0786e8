import {
  BLOCK_HEADER_SIZE,
  BlockHeader,
  decode,
  sha256d,
  type Network,
  type Sha256d,
} from '@btcp2p/wire';
import { HashIndex } from './hash-index.ts';
import { HeaderRecords, NONE } from './header-records.ts';
import {
  checkHeaderContext,
  describeHeaderReject,
  MEDIAN_TIME_SPAN,
  type HeaderRejectReason,
} from './header-rules.ts';
import { difficultyAdjustmentInterval, type ConsensusParams } from './params.ts';
import { blockProof, easiestTarget, hashMeetsTarget } from './proof-of-work.ts';
import { targetToCompact } from './compact.ts';
import { calculateNextWorkRequired, type RetargetHeader } from './retarget.ts';
import { skipHeight } from './skip-height.ts';
import { readU32 } from './u32.ts';

/** A header of a {@link HeaderTree}: a number that stays its handle for the tree's life. */
export type HeaderEntry = number;

/** The header that a {@link HeaderTree} starts from. It is taken on trust. */
export interface HeaderAnchor {
  /** 80 bytes. */
  readonly header: Uint8Array;
  readonly height: number;
  /** Work of the chain up to and including this header; less than 2^128. */
  readonly chainWork: bigint;
  /**
   * The first header of its retarget period, 80 bytes: needed unless the anchor is that header
   * itself, since the next retarget counts from it.
   */
  readonly periodStart?: Uint8Array;
}

/** What became of a header. */
export type AddHeaderResult =
  | { readonly status: 'added' | 'known'; readonly entry: HeaderEntry }
  /** Its parent is not in the tree. */
  | { readonly status: 'orphan' }
  /** It breaks a rule: a reason in Core's words, and a sentence for the log. */
  | { readonly status: 'invalid'; readonly reason: HeaderRejectReason; readonly debug: string };

/** What a {@link HeaderTree} is made of. */
export interface HeaderTreeOptions {
  readonly params: ConsensusParams;
  /** Usually {@link genesisAnchor}. */
  readonly anchor: HeaderAnchor;
  readonly sha256d?: Sha256d;
  /** 64 random bits, so that nobody can mine headers whose places in the hash table collide. */
  readonly salt?: bigint;
}

const ORPHAN: AddHeaderResult = { status: 'orphan' };
const MAX_WORK = 1n << 128n;

/** The anchor of a tree that knows the whole chain: the network's first header. */
export function genesisAnchor(network: Network): HeaderAnchor {
  const { headerBytes, header } = network.genesis;
  return { header: headerBytes.slice(), height: 0, chainWork: blockProof(header.bits) };
}

/**
 * All headers that obey the rules and descend from one anchor: a tree in which the branch of most
 * work is the best, and among equals the one seen first.
 *
 * Every header in it has passed all of Core's header checks: proof of work, difficulty, both bounds
 * of its time, and version. Memory: 112 bytes a header, and 11 to 32 more for finding it by hash.
 */
export class HeaderTree {
  readonly #params: ConsensusParams;
  readonly #sha256d: Sha256d;
  readonly #records = new HeaderRecords();
  readonly #index: HashIndex;
  readonly #interval: number;
  /** The easiest target, as `hashMeetsTarget` takes it and as bits. */
  readonly #easiest: number;
  readonly #easiestBits: number;
  readonly #anchorHeader: Uint8Array;
  readonly #anchorHeight: number;
  /** The first header of the anchor's period, which may come before the anchor. */
  readonly #anchorPeriodStart: RetargetHeader;
  /** The work of a block by its bits, 4 words each. Only bits of accepted headers get here. */
  readonly #proofs = new Map<number, Uint32Array>();
  readonly #times = new Uint32Array(MEDIAN_TIME_SPAN);
  #best: HeaderEntry = 0;
  #bestInvalid: HeaderEntry | undefined;

  /** @throws RangeError if the anchor is incomplete */
  constructor({ params, anchor, sha256d: hash = sha256d, salt = 0n }: HeaderTreeOptions) {
    this.#params = params;
    this.#sha256d = hash;
    this.#index = new HashIndex(
      (entry, bytes, at) => this.#records.hasHash(entry, bytes, at),
      salt,
    );
    this.#interval = difficultyAdjustmentInterval(params);
    this.#easiest = easiestTarget(params);
    this.#easiestBits = targetToCompact(params.powLimit);
    const start = checkAnchor(anchor, this.#interval);
    this.#anchorHeader = anchor.header.slice();
    this.#anchorHeight = anchor.height;
    this.#anchorPeriodStart = { time: readU32(start, 68), bits: readU32(start, 72) };
    const anchorHash = hash(anchor.header);
    this.#records.append(anchor.header, anchorHash, NONE, NONE, anchor.height);
    this.#records.setWork(0, anchor.chainWork);
    this.#index.insert(anchorHash, 0, 0);
  }

  /** How many headers there are, the anchor included. */
  get size(): number {
    return this.#records.size;
  }

  /** The header that the tree started from. */
  get anchor(): HeaderEntry {
    return 0;
  }

  /** The header of most work, of those the one added first. Never one that is marked invalid. */
  get best(): HeaderEntry {
    return this.#best;
  }

  /**
   * The header of most work of those that are marked invalid, of equals the one marked first;
   * undefined if there is none (Core `m_best_invalid`, validation.h).
   */
  get bestInvalid(): HeaderEntry | undefined {
    return this.#bestInvalid;
  }

  /** Bytes of memory that the headers and the hash table take. */
  get byteLength(): number {
    return this.#records.byteLength + this.#index.byteLength;
  }

  /**
   * Judges a header in the order of Core's `AcceptBlockHeader` (validation.cpp), and keeps a copy
   * of it if it obeys all rules.
   *
   * @param header 80 bytes
   * @param now Unix seconds
   * @param hash its hash, 32 bytes, from a caller who has computed it; nothing checks that it is
   * @throws RangeError if there are not 80 bytes
   */
  add(header: Uint8Array, now: number, hash: Uint8Array = this.#sha256d(header)): AddHeaderResult {
    if (header.length !== BLOCK_HEADER_SIZE) throw new RangeError('a header is 80 bytes');
    const known = this.#index.find(hash, 0);
    if (known >= 0) {
      if (this.#records.isInvalid(known)) return invalid('duplicate-invalid');
      return { status: 'known', entry: known };
    }
    if (!hashMeetsTarget(hash, readU32(header, 72), this.#easiest)) return invalid('high-hash');
    const parent = this.#findParent(header);
    if (parent < 0) return ORPHAN;
    if (this.#records.isInvalid(parent)) return invalid('bad-prevblk');
    const reason = this.#check(header, parent, now);
    if (reason !== undefined) return invalid(reason);
    return { status: 'added', entry: this.#append(header, hash, parent) };
  }

  /**
   * Keeps a header that another tree has accepted, without judging it again, even if its parent has
   * been marked invalid here since: then it is marked too. So two trees, one in each of two threads,
   * that are told the same headers in the same order give them the same numbers.
   *
   * @param header 80 bytes
   * @returns undefined if its parent is not in the tree
   */
  addTrusted(header: Uint8Array, hash: Uint8Array = this.#sha256d(header)): HeaderEntry | undefined {
    const known = this.#index.find(hash, 0);
    if (known >= 0) return known;
    const parent = this.#findParent(header);
    return parent < 0 ? undefined : this.#append(header, hash, parent);
  }

  /**
   * What would be wrong with a header that is not mined yet: {@link add} without proof of work, and
   * nothing is kept (Core `ContextualCheckBlockHeader`, validation.cpp).
   *
   * @param header 80 bytes
   * @param parent the header that it names
   * @param now Unix seconds
   */
  checkUnsolved(
    header: Uint8Array,
    parent: HeaderEntry,
    now: number,
  ): { readonly reason: HeaderRejectReason; readonly debug: string } | undefined {
    const reason = this.#check(header, this.#checked(parent), now);
    return reason && { reason, debug: describeHeaderReject(reason) };
  }

  /** The header with this hash (32 bytes in wire order), if it is there. */
  find(hash: Uint8Array): HeaderEntry | undefined {
    const entry = this.#index.find(hash, 0);
    return entry < 0 ? undefined : entry;
  }

  height(entry: HeaderEntry): number {
    return this.#records.height(this.#checked(entry));
  }

  /** 32 bytes in wire order, in a fresh array. */
  hash(entry: HeaderEntry): Uint8Array {
    const hash = new Uint8Array(32);
    this.#records.copyHash(this.#checked(entry), hash, 0);
    return hash;
  }

  /** 80 bytes, in a fresh array. */
  headerBytes(entry: HeaderEntry): Uint8Array {
    if (this.#checked(entry) === 0) return this.#anchorHeader.slice();
    const bytes = new Uint8Array(BLOCK_HEADER_SIZE);
    this.#records.copyHeader(entry, bytes);
    this.#records.copyHash(this.#records.parent(entry), bytes, 4);
    return bytes;
  }

  header(entry: HeaderEntry): BlockHeader {
    return decode(BlockHeader, this.headerBytes(entry));
  }

  /** The header before it; undefined for the anchor. */
  parent(entry: HeaderEntry): HeaderEntry | undefined {
    return this.#checked(entry) === 0 ? undefined : this.#records.parent(entry);
  }

  /** Signed 32 bits. */
  version(entry: HeaderEntry): number {
    return this.#records.version(this.#checked(entry)) | 0;
  }

  /** Unix seconds. */
  time(entry: HeaderEntry): number {
    return this.#records.time(this.#checked(entry));
  }

  /** Unsigned 32 bits. */
  bits(entry: HeaderEntry): number {
    return this.#records.bits(this.#checked(entry));
  }

  /** Work of the chain up to and including this header. */
  chainWork(entry: HeaderEntry): bigint {
    return this.#records.work(this.#checked(entry));
  }

  /** Above 0 if the chain of `a` has more work than that of `b`, below 0 if less, 0 if as much. */
  compareWork(a: HeaderEntry, b: HeaderEntry): number {
    return this.#records.compareWork(this.#checked(a), this.#checked(b));
  }

  /**
   * The median of the times of this header and the 10 before it, Unix seconds (BIP 113; Core
   * `GetMedianTimePast`, chain.h). Of fewer, if the anchor is nearer than that.
   */
  medianTimePast(entry: HeaderEntry): number {
    const times = this.#times;
    let count = 0;
    let at = this.#checked(entry);
    for (; count < times.length && at !== NONE; at = this.#records.parent(at)) {
      const time = this.#records.time(at);
      let place = count++;
      for (; place > 0 && times[place - 1]! > time; place--) times[place] = times[place - 1]!;
      times[place] = time;
    }
    return times[count >>> 1]!;
  }

  /** The bits of a header of this time (Unix seconds) after `parent` (Core `GetNextWorkRequired`). */
  nextWorkRequired(parent: HeaderEntry, time: number): number {
    this.#checked(parent);
    const last = { time: this.#records.time(parent), bits: this.#records.bits(parent) };
    if ((this.#records.height(parent) + 1) % this.#interval === 0) {
      return calculateNextWorkRequired(this.#periodStart(parent), last, this.#params);
    }
    if (!this.#params.powAllowMinDifficultyBlocks) return last.bits;
    if (time > last.time + 2 * this.#params.powTargetSpacing) return this.#easiestBits;
    // Core walks back over blocks of least difficulty, to any other or to the period's first. Any
    // other copied its bits by this very rule, so they are the first one's, and one jump is enough.
    return last.bits === this.#easiestBits ? this.#periodStart(parent).bits : last.bits;
  }

  /**
   * The header at `height` of the chain that ends with this one, by a skip list: some tens of steps
   * across a whole chain (Core `CBlockIndex::GetAncestor`, chain.cpp).
   *
   * @throws RangeError if the height is above its own, or below the anchor's
   */
  ancestor(entry: HeaderEntry, height: number): HeaderEntry {
    const from = this.height(entry);
    if (!(height >= this.#anchorHeight && height <= from)) {
      throw new RangeError(`no ancestor at ${height} of a header at ${from}`);
    }
    return this.#ancestor(entry, height);
  }

  /** Whether `a` is `b` or comes before it on its chain. */
  isAncestor(a: HeaderEntry, b: HeaderEntry): boolean {
    const height = this.height(a);
    return height <= this.height(b) && this.#ancestor(b, height) === a;
  }

  /** The last header that two chains share (Core `LastCommonAncestor`, chain.cpp). */
  lastCommonAncestor(a: HeaderEntry, b: HeaderEntry): HeaderEntry {
    const height = Math.min(this.height(a), this.height(b));
    let left = this.#ancestor(a, height);
    let right = this.#ancestor(b, height);
    // Two headers of one height skip to one height, so both sides stay level.
    while (left !== right) {
      const [leftSkip, rightSkip] = [this.#records.skip(left), this.#records.skip(right)];
      const skips = leftSkip !== rightSkip;
      left = skips ? leftSkip : this.#records.parent(left);
      right = skips ? rightSkip : this.#records.parent(right);
    }
    return left;
  }

  /**
   * Hashes that tell a peer which chain this is: the header, the 10 before it, then ever larger
   * steps back, and at last the anchor (Core `LocatorEntries`, chain.cpp).
   */
  locator(entry: HeaderEntry): Uint8Array[] {
    const hashes = [this.hash(entry)];
    let step = 1;
    for (let at = entry; at !== 0; hashes.push(this.hash(at))) {
      at = this.#ancestor(at, Math.max(this.height(at) - step, this.#anchorHeight));
      if (hashes.length > 10) step *= 2;
    }
    return hashes;
  }

  /**
   * The header from which a peer with this locator needs those of the chain that ends with `tip`:
   * the first of its hashes that is on that chain, `tip` if one is beyond it, else the anchor (Core
   * `FindForkInGlobalIndex`, validation.cpp).
   */
  findFork(locator: readonly Uint8Array[], tip: HeaderEntry): HeaderEntry {
    for (const hash of locator) {
      const entry = this.find(hash);
      if (entry === undefined) continue;
      if (this.isAncestor(entry, tip)) return entry;
      if (this.isAncestor(tip, entry)) return tip;
    }
    return 0;
  }

  /**
   * Marks a header and all its descendants, present and to come. The best header becomes the best
   * of the others. It visits every header, which takes tens of milliseconds for a million.
   *
   * @throws RangeError for the anchor
   */
  markInvalid(entry: HeaderEntry): void {
    if (this.#checked(entry) === 0) throw new RangeError('the anchor is valid by definition');
    const records = this.#records;
    this.#mark(entry);
    // A child always comes after its parent, so one pass reaches every generation.
    for (let at = entry + 1; at < records.size; at++) {
      if (records.isInvalid(records.parent(at))) this.#mark(at);
    }
    if (records.isInvalid(this.#best)) this.#findBest();
  }

  /**
   * Takes back the marks of a header, of all before it and of all its descendants (Core
   * `ResetBlockFailureFlags`, validation.cpp). Other descendants of those before it keep theirs.
   *
   * @returns the headers that are marked no longer
   */
  clearInvalid(entry: HeaderEntry): HeaderEntry[] {
    const records = this.#records;
    const height = this.height(entry);
    const cleared: HeaderEntry[] = [];
    for (let at = 1; at < records.size; at++) {
      if (!records.isInvalid(at)) continue;
      const isRelated =
        records.height(at) >= height
          ? this.#ancestor(at, height) === entry
          : this.#ancestor(entry, records.height(at)) === at;
      if (!isRelated) continue;
      records.clearInvalid(at);
      cleared.push(at);
    }
    if (cleared.length > 0) this.#findBest();
    return cleared;
  }

  #findBest(): void {
    const records = this.#records;
    this.#best = 0;
    this.#bestInvalid = undefined;
    for (let at = 1; at < records.size; at++) {
      if (records.isInvalid(at)) this.#mark(at);
      else if (records.compareWork(at, this.#best) > 0) this.#best = at;
    }
  }

  #mark(entry: HeaderEntry): void {
    const records = this.#records;
    records.markInvalid(entry);
    const best = this.#bestInvalid;
    if (best === undefined || records.compareWork(entry, best) > 0) this.#bestInvalid = entry;
  }

  /** Whether the header, or one before it, was marked invalid. */
  isInvalid(entry: HeaderEntry): boolean {
    return this.#records.isInvalid(this.#checked(entry));
  }

  #checked(entry: HeaderEntry): HeaderEntry {
    if (entry >= 0 && entry < this.#records.size) return entry;
    throw new RangeError(`no header ${entry} among ${this.#records.size}`);
  }

  /** Headers mostly come in order, so the one added last is asked before the hash table. */
  #findParent(header: Uint8Array): number {
    const last = this.#records.size - 1;
    return this.#records.hasHash(last, header, 4) ? last : this.#index.find(header, 4);
  }

  #check(header: Uint8Array, parent: HeaderEntry, now: number): HeaderRejectReason | undefined {
    const time = readU32(header, 68);
    const claims = { version: readU32(header, 0) | 0, time, bits: readU32(header, 72) };
    const context = {
      height: this.#records.height(parent) + 1,
      requiredBits: this.nextWorkRequired(parent, time),
      medianTimePast: this.medianTimePast(parent),
      parentTime: this.#records.time(parent),
      now,
    };
    return checkHeaderContext(claims, context, this.#params);
  }

  /** The first header of the period that this one is in. */
  #periodStart(entry: HeaderEntry): RetargetHeader {
    const height = this.#records.height(entry);
    const start = height - (height % this.#interval);
    if (start < this.#anchorHeight) return this.#anchorPeriodStart;
    const first = this.#ancestor(entry, start);
    return { time: this.#records.time(first), bits: this.#records.bits(first) };
  }

  #append(header: Uint8Array, hash: Uint8Array, parent: HeaderEntry): HeaderEntry {
    const height = this.#records.height(parent) + 1;
    const skip = this.#ancestor(parent, this.#skipHeight(height));
    const entry = this.#records.append(header, hash, parent, skip, height);
    this.#records.addWork(entry, this.#proof(readU32(header, 72)));
    this.#index.insert(hash, 0, entry);
    if (this.#records.isInvalid(parent)) this.#mark(entry);
    else if (this.#records.compareWork(entry, this.#best) > 0) this.#best = entry;
    return entry;
  }

  #proof(bits: number): Uint32Array {
    let words = this.#proofs.get(bits);
    if (words === undefined) {
      const proof = blockProof(bits);
      words = Uint32Array.from([0n, 32n, 64n, 96n], (at) => Number((proof >> at) & 0xffff_ffffn));
      this.#proofs.set(bits, words);
    }
    return words;
  }

  /** The skip list counts from the anchor, or its longest jumps would end before it. */
  #skipHeight(height: number): number {
    return this.#anchorHeight + skipHeight(height - this.#anchorHeight);
  }

  #ancestor(entry: HeaderEntry, height: number): HeaderEntry {
    const records = this.#records;
    let at = entry;
    let atHeight = records.height(entry);
    while (atHeight > height) {
      const skip = this.#skipHeight(atHeight);
      // A jump that lands above the goal is taken unless the parent's own jump is a better one.
      const parentSkip = this.#skipHeight(atHeight - 1);
      if (skip === height || (skip > height && !(parentSkip < skip - 2 && parentSkip >= height))) {
        at = records.skip(at);
        atHeight = skip;
      } else {
        at = records.parent(at);
        atHeight--;
      }
    }
    return at;
  }
}

/** Returns the first header of the anchor's period. */
function checkAnchor(anchor: HeaderAnchor, interval: number): Uint8Array {
  const { header, height, chainWork } = anchor;
  if (!Number.isInteger(height) || height < 0) throw new RangeError(`no height: ${height}`);
  if (chainWork < 0n || chainWork >= MAX_WORK) throw new RangeError('chain work has 128 bits');
  const start = height % interval === 0 ? header : anchor.periodStart;
  if (start === undefined) throw new RangeError(`an anchor at ${height} needs its periodStart`);
  if (header.length !== BLOCK_HEADER_SIZE || start.length !== BLOCK_HEADER_SIZE) {
    throw new RangeError('a header is 80 bytes');
  }
  return start;
}

function invalid(reason: HeaderRejectReason): AddHeaderResult {
  return { status: 'invalid', reason, debug: describeHeaderReject(reason) };
}
