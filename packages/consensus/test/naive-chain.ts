import { BlockHeader, decode, hashToHex } from '@btcp2p/wire';
import {
  compactToTarget,
  targetToCompact,
  type ConsensusParams,
  type HeaderAnchor,
} from '../src/index.ts';
import { hashNumber, nativeSha256d } from './support.ts';

/** A header of a {@link NaiveChain}. */
export interface NaiveHeader {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly fields: BlockHeader;
  readonly hash: Uint8Array;
  readonly parent: NaiveHeader | undefined;
  readonly height: number;
  readonly work: bigint;
  invalid: boolean;
}

/**
 * Core's header rules word by word (pow.cpp, chain.h, validation.cpp), by walking from parent to
 * parent in bigints: the model that `HeaderTree` is compared with.
 */
export class NaiveChain {
  readonly params: ConsensusParams;
  readonly headers: NaiveHeader[] = [];
  readonly #byHash = new Map<string, NaiveHeader>();

  constructor(params: ConsensusParams, anchor: HeaderAnchor) {
    this.params = params;
    this.#push(anchor.header, undefined, anchor.height, anchor.chainWork);
  }

  get interval(): number {
    return this.params.powTargetTimespan / this.params.powTargetSpacing;
  }

  /** The reason to refuse a header, `orphan`, `known`, or undefined after adding it. */
  add(bytes: Uint8Array, now: number): string | undefined {
    const fields = decode(BlockHeader, bytes);
    const hash = nativeSha256d(bytes);
    const known = this.#byHash.get(hashToHex(hash));
    if (known !== undefined) return known.invalid ? 'duplicate-invalid' : 'known';
    const { target, negative, overflow } = compactToTarget(fields.bits);
    if (negative || overflow || target === 0n || target > this.params.powLimit) return 'high-hash';
    if (hashNumber(hash) > target) return 'high-hash';
    const parent = this.#byHash.get(hashToHex(fields.prevBlockHash));
    if (parent === undefined) return 'orphan';
    if (parent.invalid) return 'bad-prevblk';
    const reason = this.#checkContext(fields, parent, now);
    if (reason === undefined) {
      this.#push(bytes, parent, parent.height + 1, parent.work + (1n << 256n) / (target + 1n));
    }
    return reason;
  }

  requiredBits(parent: NaiveHeader, time: number): number {
    const { params, interval } = this;
    const limit = targetToCompact(params.powLimit);
    if ((parent.height + 1) % interval !== 0) {
      if (!params.powAllowMinDifficultyBlocks) return parent.fields.bits;
      if (time > parent.fields.time + params.powTargetSpacing * 2) return limit;
      let at = parent;
      while (at.parent !== undefined && at.height % interval !== 0 && at.fields.bits === limit) {
        at = at.parent;
      }
      return at.fields.bits;
    }
    if (params.powNoRetargeting) return parent.fields.bits;
    const first = ancestorOf(parent, parent.height - (interval - 1));
    let timespan = parent.fields.time - first.fields.time;
    if (timespan < params.powTargetTimespan / 4)
      timespan = Math.floor(params.powTargetTimespan / 4);
    if (timespan > params.powTargetTimespan * 4) timespan = params.powTargetTimespan * 4;
    const from = params.enforceBIP94 ? first : parent;
    let target = compactToTarget(from.fields.bits).target & ((1n << 256n) - 1n);
    target = (target * BigInt(timespan)) / BigInt(params.powTargetTimespan);
    return targetToCompact(target > params.powLimit ? params.powLimit : target);
  }

  medianTimePast(header: NaiveHeader): number {
    const times: number[] = [];
    for (let at: NaiveHeader | undefined = header; at && times.length < 11; at = at.parent) {
      times.push(at.fields.time);
    }
    return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  }

  best(): NaiveHeader {
    let best = this.headers[0]!;
    for (const header of this.headers)
      if (!header.invalid && header.work > best.work) best = header;
    return best;
  }

  markInvalid(header: NaiveHeader): void {
    for (const at of this.headers) {
      if (at.height >= header.height && ancestorOf(at, header.height) === header) at.invalid = true;
    }
  }

  #checkContext(fields: BlockHeader, parent: NaiveHeader, now: number): string | undefined {
    const { params } = this;
    const height = parent.height + 1;
    if (fields.bits !== this.requiredBits(parent, fields.time)) return 'bad-diffbits';
    if (fields.time <= this.medianTimePast(parent)) return 'time-too-old';
    if (params.enforceBIP94 && height % this.interval === 0) {
      if (fields.time < parent.fields.time - 600) return 'time-timewarp-attack';
    }
    if (fields.time > now + 7_200) return 'time-too-new';
    const least = [params.bip34Height, params.bip66Height, params.bip65Height];
    if (least.some((from, i) => height >= from && fields.version < i + 2)) {
      return `bad-version(0x${(fields.version >>> 0).toString(16).padStart(8, '0')})`;
    }
    return undefined;
  }

  #push(bytes: Uint8Array, parent: NaiveHeader | undefined, height: number, work: bigint): void {
    const header = {
      number: this.headers.length,
      bytes: bytes.slice(),
      fields: decode(BlockHeader, bytes),
      hash: nativeSha256d(bytes),
      parent,
      height,
      work,
      invalid: false,
    };
    this.headers.push(header);
    this.#byHash.set(hashToHex(header.hash), header);
  }
}

/** The header at `height` of the chain that ends with this one. */
export function ancestorOf(header: NaiveHeader, height: number): NaiveHeader {
  let at = header;
  while (at.height > height) at = at.parent!;
  return at;
}
