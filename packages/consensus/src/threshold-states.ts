import { ALWAYS_ACTIVE, NEVER_ACTIVE, type Bip9Deployment } from './bip9-deployment.ts';
import type { HeaderEntry } from './header-tree.ts';

/**
 * Where a deployment stands (BIP 9; Core `ThresholdState`, versionbits_impl.h):
 *
 * - `defined`: signalling has not started
 * - `started`: blocks that signal are counted, period by period
 * - `locked_in`: enough of one period did; it will be active
 * - `active`: its rules hold
 * - `failed`: too few did before the timeout
 */
export type ThresholdState = 'defined' | 'started' | 'locked_in' | 'active' | 'failed';

/** What version bits need to know of a chain; a `HeaderTree` from genesis on is one. */
export interface VersionBitsChain {
  height(entry: HeaderEntry): number;
  /** The header before it; undefined for the first one. */
  parent(entry: HeaderEntry): HeaderEntry | undefined;
  /** The header at a height of the chain that ends with this one; at least 0. */
  ancestor(entry: HeaderEntry, height: number): HeaderEntry;
  /** Unix seconds. */
  medianTimePast(entry: HeaderEntry): number;
  /** Signed 32 bits. */
  version(entry: HeaderEntry): number;
}

/**
 * The states of one deployment in all branches of a tree of headers (Core
 * `AbstractThresholdConditionChecker`, versionbits.cpp).
 *
 * All blocks of a period have one state, and it follows from the period before. So what is kept is
 * one state for each last block of a period that was asked for or came before one.
 */
export class ThresholdStates {
  readonly #chain: VersionBitsChain;
  readonly #rules: Omit<Bip9Deployment, 'bit'>;
  readonly #countSignals: (periodEnd: HeaderEntry) => number;
  /** By the last block of the period before. */
  readonly #states = new Map<HeaderEntry, ThresholdState>();

  /** @param countSignals how many blocks signal of the period that ends with this one */
  constructor(
    chain: VersionBitsChain,
    rules: Omit<Bip9Deployment, 'bit'>,
    countSignals: (periodEnd: HeaderEntry) => number,
  ) {
    this.#chain = chain;
    this.#rules = rules;
    this.#countSignals = countSignals;
  }

  /** The state for a block after `parent`; undefined for the parent of genesis. */
  state(parent: HeaderEntry | undefined): ThresholdState {
    const { startTime } = this.#rules;
    if (startTime === ALWAYS_ACTIVE) return 'active';
    if (startTime === NEVER_ACTIVE) return 'failed';
    const pending: HeaderEntry[] = [];
    let at = this.#lastPeriodEnd(parent);
    let state = this.#known(at);
    while (state === undefined) {
      pending.push(at!);
      at = this.#periodEndBefore(at!);
      state = this.#known(at);
    }
    for (const periodEnd of pending.toReversed()) {
      state = this.#next(state, periodEnd);
      this.#states.set(periodEnd, state);
    }
    return state;
  }

  /** The height of the first block in the state that a block after `parent` is in. */
  since(parent: HeaderEntry | undefined): number {
    const { startTime } = this.#rules;
    if (startTime === ALWAYS_ACTIVE || startTime === NEVER_ACTIVE) return 0;
    const state = this.state(parent);
    let at = this.#lastPeriodEnd(parent);
    if (state === 'defined' || at === undefined) return 0;
    let before = this.#periodEndBefore(at);
    while (before !== undefined && this.state(before) === state) {
      at = before;
      before = this.#periodEndBefore(at);
    }
    return this.#chain.height(at) + 1;
  }

  /** A state that takes no counting. */
  #known(periodEnd: HeaderEntry | undefined): ThresholdState | undefined {
    if (periodEnd === undefined) return 'defined';
    const state = this.#states.get(periodEnd);
    if (state !== undefined) return state;
    // Median times never fall, so no block before can have started either.
    if (this.#chain.medianTimePast(periodEnd) >= this.#rules.startTime) return undefined;
    this.#states.set(periodEnd, 'defined');
    return 'defined';
  }

  #next(state: ThresholdState, periodEnd: HeaderEntry): ThresholdState {
    const { threshold, timeout, minActivationHeight } = this.#rules;
    switch (state) {
      case 'defined':
        // It would be known if the time had not come.
        return 'started';
      case 'started':
        if (this.#countSignals(periodEnd) >= threshold) return 'locked_in';
        return this.#chain.medianTimePast(periodEnd) >= timeout ? 'failed' : 'started';
      case 'locked_in':
        return this.#chain.height(periodEnd) + 1 >= minActivationHeight ? 'active' : 'locked_in';
      case 'active':
      case 'failed':
        return state;
    }
  }

  /** The last block of a period, at or before this one. */
  #lastPeriodEnd(entry: HeaderEntry | undefined): HeaderEntry | undefined {
    if (entry === undefined) return undefined;
    const height = this.#chain.height(entry);
    return this.#at(entry, height - ((height + 1) % this.#rules.period));
  }

  #periodEndBefore(periodEnd: HeaderEntry): HeaderEntry | undefined {
    return this.#at(periodEnd, this.#chain.height(periodEnd) - this.#rules.period);
  }

  #at(entry: HeaderEntry, height: number): HeaderEntry | undefined {
    return height < 0 ? undefined : this.#chain.ancestor(entry, height);
  }
}
