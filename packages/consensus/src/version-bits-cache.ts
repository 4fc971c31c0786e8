import {
  NO_TIMEOUT,
  versionBitsDeployments,
  type Bip9Deployment,
  type VersionBitsDeployment,
} from './bip9-deployment.ts';
import type { HeaderEntry } from './header-tree.ts';
import { difficultyAdjustmentInterval, type ConsensusParams } from './params.ts';
import { ThresholdStates, type ThresholdState, type VersionBitsChain } from './threshold-states.ts';

/**
 * The version of blocks before BIP 9, all bits of which mean nothing by themselves
 * (Core `VERSIONBITS_LAST_OLD_BLOCK_VERSION`, versionbits.h).
 */
export const VERSIONBITS_LAST_OLD_BLOCK_VERSION = 4;

/** The highest three bits of a version that signals (BIP 9; Core `VERSIONBITS_TOP_BITS`). */
export const VERSIONBITS_TOP_BITS = 0x2000_0000;

/** Where those three bits are (BIP 9; Core `VERSIONBITS_TOP_MASK`). */
export const VERSIONBITS_TOP_MASK = 0xe000_0000;

/** How many bits there are to signal with (BIP 9; Core `VERSIONBITS_NUM_BITS`). */
export const VERSIONBITS_NUM_BITS = 29;

/** Signalling in the period so far (Core `BIP9Stats`, versionbits.h). */
export interface Bip9Statistics {
  /** Blocks of a period. */
  readonly period: number;
  /** How many of them have to signal; 0 once locked in. */
  readonly threshold: number;
  /** Blocks of the period up to the one asked about. */
  readonly elapsed: number;
  /** How many of those signal. */
  readonly count: number;
  /** Whether the blocks that are left can still reach the threshold; false once locked in. */
  readonly possible: boolean;
}

/** Where a deployment stands at a block (Core `BIP9Info`, versionbits.h). */
export interface Bip9Info {
  /** The state that the block is in. */
  readonly state: ThresholdState;
  /** The state that a block after it is in. */
  readonly nextState: ThresholdState;
  /** The height of the first block in `state`. */
  readonly since: number;
  /** While blocks signal: in the states `started` and `locked_in`. */
  readonly statistics: Bip9Statistics | undefined;
  /** Which blocks of the period signal, the first one first; undefined as `statistics`. */
  readonly signallingBlocks: readonly boolean[] | undefined;
  /** The height of the first block that the rules hold for, if known. */
  readonly activeSince: number | undefined;
}

/** A deployment in a block template (BIP 9 §getblocktemplate changes; Core `BIP9GBTStatus::Info`). */
export interface TemplateDeployment {
  readonly name: VersionBitsDeployment;
  readonly bit: number;
  /** The bit as a number to or with. */
  readonly mask: number;
  /** Whether a miner may ignore the rules (Core `gbt_optional_rule`): all of today's. */
  readonly isOptional: boolean;
}

/** Deployments by what a miner has to know, each list by name (Core `BIP9GBTStatus`). */
export interface TemplateDeployments {
  readonly signalling: readonly TemplateDeployment[];
  readonly lockedIn: readonly TemplateDeployment[];
  readonly active: readonly TemplateDeployment[];
}

/** A bit without a meaning that most blocks of a period have set. */
export interface UnknownActivation {
  readonly bit: number;
  /** Whether rules that nobody here knows seem to hold already, or else from the next period on. */
  readonly isActive: boolean;
}

/**
 * The states of all deployments of a network, in all branches of a tree of headers (BIP 9; Core
 * `VersionBitsCache`, versionbits.cpp). States are kept: asking again takes microseconds.
 *
 * The tree must begin with genesis. Where it begins later, questions whose answers lie before it
 * throw its RangeError.
 */
export class VersionBitsCache {
  readonly #params: ConsensusParams;
  readonly #chain: VersionBitsChain;
  readonly #states: ReadonlyMap<VersionBitsDeployment, ThresholdStates>;
  readonly #warningPeriod: number;
  readonly #warnings: readonly ThresholdStates[];
  /** By the last block of a period: how many of its blocks set each bit that has no meaning. */
  readonly #unknownSignals = new Map<HeaderEntry, Uint32Array>();
  /** The bits that have a meaning, for some of the time. */
  readonly #meaningful: number;

  constructor(params: ConsensusParams, chain: VersionBitsChain) {
    this.#params = params;
    this.#chain = chain;
    const states = versionBitsDeployments.map((name) => {
      const rules = params.deployments[name];
      const count = (end: HeaderEntry): number =>
        this.#signalling(end, rules.period, rules.bit).filter(Boolean).length;
      return [name, new ThresholdStates(chain, rules, count)] as const;
    });
    this.#states = new Map(states);
    this.#meaningful = versionBitsDeployments.reduce(
      (bits, name) => bits | maskOf(params.deployments[name]),
      0,
    );
    const rules = warningRules(params);
    this.#warningPeriod = rules.period;
    this.#warnings = Array.from({ length: VERSIONBITS_NUM_BITS }, (_, bit) => {
      return new ThresholdStates(chain, rules, (end) => this.#countUnknown(end)[bit]!);
    });
  }

  /** The state of a deployment for a block after `parent`; undefined for the parent of genesis. */
  state(deployment: VersionBitsDeployment, parent: HeaderEntry | undefined): ThresholdState {
    return this.#states.get(deployment)!.state(parent);
  }

  /** The height of the first block in that state; 0 if it is so from genesis on. */
  stateSince(deployment: VersionBitsDeployment, parent: HeaderEntry | undefined): number {
    return this.#states.get(deployment)!.since(parent);
  }

  /** Whether its rules hold for a block after `parent` (Core `VersionBitsCache::IsActiveAfter`). */
  isActiveAfter(deployment: VersionBitsDeployment, parent: HeaderEntry | undefined): boolean {
    return this.state(deployment, parent) === 'active';
  }

  /** What to tell about a deployment at a block (Core `VersionBitsCache::Info`). */
  info(deployment: VersionBitsDeployment, entry: HeaderEntry): Bip9Info {
    const parent = this.#chain.parent(entry);
    const state = this.state(deployment, parent);
    const nextState = this.state(deployment, entry);
    const since = this.stateSince(deployment, parent);
    const next = this.#chain.height(entry) + 1;
    const activeSince = state === 'active' ? since : nextState === 'active' ? next : undefined;
    const known = { state, nextState, since, activeSince };
    if (state !== 'started' && state !== 'locked_in') {
      return { ...known, statistics: undefined, signallingBlocks: undefined };
    }
    const { period, threshold, bit } = this.#params.deployments[deployment];
    const elapsed = 1 + (this.#chain.height(entry) % period);
    const signallingBlocks = this.#signalling(entry, elapsed, bit);
    const count = signallingBlocks.filter(Boolean).length;
    const goal =
      state === 'locked_in'
        ? { threshold: 0, possible: false }
        : { threshold, possible: period - threshold >= elapsed - count };
    return { ...known, statistics: { period, elapsed, count, ...goal }, signallingBlocks };
  }

  /** The version of a block after `parent` that signals all there is (Core `ComputeBlockVersion`). */
  computeBlockVersion(parent: HeaderEntry | undefined): number {
    let version = VERSIONBITS_TOP_BITS;
    for (const name of versionBitsDeployments) {
      const state = this.state(name, parent);
      if (state === 'started' || state === 'locked_in') {
        version |= maskOf(this.#params.deployments[name]);
      }
    }
    return version;
  }

  /** The deployments for the template of a block after `entry` (Core `GBTStatus`). */
  templateDeployments(entry: HeaderEntry): TemplateDeployments {
    const inState = (state: ThresholdState): TemplateDeployment[] =>
      versionBitsDeployments
        .filter((name) => this.state(name, entry) === state)
        .toSorted()
        .map((name) => {
          const deployment = this.#params.deployments[name];
          return { name, bit: deployment.bit, mask: maskOf(deployment), isOptional: true };
        });
    return {
      signalling: inState('started'),
      lockedIn: inState('locked_in'),
      active: inState('active'),
    };
  }

  /**
   * Bits without a meaning that so many blocks have set that rules seem to be coming which this
   * software does not know (Core `CheckUnknownActivations`). The first question visits all headers
   * above `minBip9WarningHeight`.
   */
  unknownActivations(entry: HeaderEntry): UnknownActivation[] {
    return this.#warnings.flatMap((states, bit) => {
      const state = states.state(entry);
      if (state !== 'active' && state !== 'locked_in') return [];
      return [{ bit, isActive: state === 'active' }];
    });
  }

  /** Which of the last `count` blocks signal with a bit, the first one first. */
  #signalling(last: HeaderEntry, count: number, bit: number): boolean[] {
    const signalling: boolean[] = [];
    let at: HeaderEntry | undefined = last;
    while (at !== undefined && signalling.length < count) {
      signalling.push(isSignalling(this.#chain.version(at), bit));
      at = this.#chain.parent(at);
    }
    return signalling.toReversed();
  }

  #countUnknown(periodEnd: HeaderEntry): Uint32Array {
    let counts = this.#unknownSignals.get(periodEnd);
    if (counts !== undefined) return counts;
    counts = new Uint32Array(VERSIONBITS_NUM_BITS);
    let at: HeaderEntry | undefined = periodEnd;
    const height = this.#chain.height(periodEnd);
    const first = Math.max(height - this.#warningPeriod + 1, this.#params.minBip9WarningHeight);
    for (let left = height - first + 1; left > 0 && at !== undefined; left--) {
      const parent = this.#chain.parent(at);
      const unknown = this.#unknownBits(this.#chain.version(at), parent);
      for (let bit = 0; unknown >>> bit !== 0; bit++) {
        if (((unknown >>> bit) & 1) !== 0) counts[bit]!++;
      }
      at = parent;
    }
    this.#unknownSignals.set(periodEnd, counts);
    return counts;
  }

  /** The bits of a block's version that nothing explains. */
  #unknownBits(version: number, parent: HeaderEntry | undefined): number {
    if ((version & VERSIONBITS_TOP_MASK) !== VERSIONBITS_TOP_BITS) return 0;
    const bits = version & ~VERSIONBITS_TOP_MASK;
    if ((bits & this.#meaningful) === 0) return bits;
    return bits & ~this.computeBlockVersion(parent);
  }
}

/** Whether a version has the form of BIP 9, and a bit set (Core `VersionBitsConditionChecker`). */
export function isSignalling(version: number, bit: number): boolean {
  return (version & VERSIONBITS_TOP_MASK) === VERSIONBITS_TOP_BITS && ((version >>> bit) & 1) === 1;
}

function maskOf({ bit }: Bip9Deployment): number {
  return (1 << bit) >>> 0;
}

/** Core `WarningBitsConditionChecker` (versionbits.cpp): 90% on mainnet, else 75% of a period. */
function warningRules(params: ConsensusParams): Omit<Bip9Deployment, 'bit'> {
  const period = params.chain === 'main' ? 2_016 : difficultyAdjustmentInterval(params);
  const threshold = params.chain === 'main' ? 1_815 : Math.floor((period * 3) / 4);
  return { startTime: 0n, timeout: NO_TIMEOUT, minActivationHeight: 0, period, threshold };
}
