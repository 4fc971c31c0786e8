import { difficultyAdjustmentInterval, type ConsensusParams } from './params.ts';

/**
 * How far a header's time may be ahead of the clock, in seconds
 * (Core `MAX_FUTURE_BLOCK_TIME`, chain.h).
 */
export const MAX_FUTURE_BLOCK_TIME = 2 * 60 * 60;

/**
 * How far the first header of a period may be dated before its parent, in seconds
 * (BIP 94; Core `MAX_TIMEWARP`, consensus/consensus.h).
 */
export const MAX_TIMEWARP = 600;

/**
 * How many headers the median time past is taken over, the last one included
 * (Core `nMedianTimeSpan`, chain.h).
 */
export const MEDIAN_TIME_SPAN = 11;

/**
 * Why a header is refused, in Core's words (validation.cpp).
 *
 * - `duplicate-invalid`: it is known, and marked invalid
 * - `high-hash`: its hash is above the target it claims, or the network allows no such target
 * - `bad-prevblk`: its parent is marked invalid
 * - `bad-diffbits`: the target is not the one that its ancestors prescribe
 * - `time-too-old`: not after the median of the 11 headers before
 * - `time-timewarp-attack`: the first of a period, and dated too far before its parent (BIP 94)
 * - `time-too-new`: more than two hours ahead of the clock; it may be valid later
 * - `bad-version(0x…)`: a version that BIP 34, 65 or 66 has retired
 */
export type HeaderRejectReason =
  | 'duplicate-invalid'
  | 'high-hash'
  | 'bad-prevblk'
  | 'bad-diffbits'
  | 'time-too-old'
  | 'time-timewarp-attack'
  | 'time-too-new'
  | `bad-version(0x${string})`;

/** What a header says that its ancestors or the clock can contradict. */
export interface HeaderClaims {
  /** Signed 32 bits. */
  readonly version: number;
  /** Unix seconds. */
  readonly time: number;
  readonly bits: number;
}

/** What a header is judged by. */
export interface HeaderContext {
  /** Of the header itself. */
  readonly height: number;
  /** The bits that its ancestors prescribe. */
  readonly requiredBits: number;
  /** Of its parent, Unix seconds. */
  readonly medianTimePast: number;
  /** Of its parent, Unix seconds. */
  readonly parentTime: number;
  /** The clock, Unix seconds. */
  readonly now: number;
}

/**
 * What is wrong with a header in its place in the chain, if anything: the first fault in the order
 * of Core's `ContextualCheckBlockHeader` (validation.cpp).
 */
export function checkHeaderContext(
  header: HeaderClaims,
  context: HeaderContext,
  params: ConsensusParams,
): HeaderRejectReason | undefined {
  const { version, time, bits } = header;
  const { height } = context;
  if (bits !== context.requiredBits) return 'bad-diffbits';
  if (time <= context.medianTimePast) return 'time-too-old';
  if (
    params.enforceBIP94 &&
    height % difficultyAdjustmentInterval(params) === 0 &&
    time < context.parentTime - MAX_TIMEWARP
  ) {
    return 'time-timewarp-attack';
  }
  if (time > context.now + MAX_FUTURE_BLOCK_TIME) return 'time-too-new';
  if (
    (version < 2 && height >= params.bip34Height) ||
    (version < 3 && height >= params.bip66Height) ||
    (version < 4 && height >= params.bip65Height)
  ) {
    return `bad-version(0x${hex32(version)})`;
  }
  return undefined;
}

/** Core's sentence for a reason, without it for those that have none. */
export function describeHeaderReject(reason: HeaderRejectReason): string {
  switch (reason) {
    case 'high-hash':
      return 'proof of work failed';
    case 'bad-diffbits':
      return 'incorrect proof of work';
    case 'time-too-old':
      return "block's timestamp is too early";
    case 'time-timewarp-attack':
      return "block's timestamp is too early on diff adjustment block";
    case 'time-too-new':
      return 'block timestamp too far in the future';
    case 'duplicate-invalid':
    case 'bad-prevblk':
      return '';
    default:
      return `rejected nVersion=${reason.slice('bad-version('.length, -1)} block`;
  }
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
