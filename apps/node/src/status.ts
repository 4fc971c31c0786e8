/** What the node is doing, as people see it. */
export type Phase =
  /** Reading what is stored. */
  | 'loading'
  /** No peer to sync from yet. */
  | 'connecting'
  /** Checking whether a peer's chain has enough work, before any of it is kept (Core headerssync.h). */
  | 'presync'
  | 'headers'
  | 'blocks'
  | 'synced'
  | 'stopping';

/** The state of the node at one moment. */
export interface StatusSnapshot {
  readonly phase: Phase;
  /** `main`, `test`, `testnet4`, `signet`, `regtest`. */
  readonly chain: string;
  /** Height of the last block of the chain. */
  readonly height: number;
  /** Height of the best header. */
  readonly headers: number;
  /** Height that a presync has come to. */
  readonly presyncHeight?: number;
  /** What is known of the height of the whole chain, from peers or from the clock. */
  readonly expectedHeight?: number;
  readonly inbound: number;
  readonly outbound: number;
  /** Bytes received since the start. */
  readonly received: number;
  /** While loading: share done, 0 to 1. */
  readonly loaded?: number;
}

/** What can be told from how the status changes. */
export interface Rates {
  /** Headers or blocks a second, whichever are being synced. */
  readonly itemsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Until the phase is over, at this rate. Undefined if nothing moves. */
  readonly secondsLeft: number | undefined;
}

/** How far the phase has come and where it ends; undefined if it has no end. */
export function progressOf(
  status: StatusSnapshot,
): { readonly done: number; readonly total: number } | undefined {
  const expected = Math.max(status.expectedHeight ?? 0, status.headers, status.presyncHeight ?? 0);
  switch (status.phase) {
    case 'loading':
      return status.loaded === undefined ? undefined : { done: status.loaded, total: 1 };
    case 'presync':
      return { done: status.presyncHeight ?? 0, total: expected };
    case 'headers':
      return { done: status.headers, total: expected };
    case 'blocks':
      return { done: status.height, total: status.headers };
    case 'connecting':
    case 'synced':
    case 'stopping':
      return undefined;
  }
}

/** Milliseconds over which rates are averaged. */
const WINDOW = 20_000;
/** Milliseconds between the snapshots that are kept. */
const STEP = 250;

interface Sample {
  readonly time: number;
  readonly done: number;
  readonly received: number;
}

/** Rates over the last {@link WINDOW}. A new phase starts anew. */
export class RateMeter {
  #phase: Phase | undefined;
  readonly #samples: Sample[] = [];

  /** @param time monotonic milliseconds */
  update(status: StatusSnapshot, time: number): Rates {
    const progress = progressOf(status);
    if (status.phase !== this.#phase) {
      this.#phase = status.phase;
      this.#samples.length = 0;
    }
    const sample = { time, done: progress?.done ?? 0, received: status.received };
    const last = this.#samples.at(-1);
    if (last === undefined || time - last.time >= STEP) this.#samples.push(sample);
    while (this.#samples.length > 1 && this.#samples[1]!.time <= time - WINDOW) this.#samples.shift();

    const first = this.#samples[0]!;
    const seconds = (time - first.time) / 1_000;
    if (seconds <= 0) return { itemsPerSecond: 0, bytesPerSecond: 0, secondsLeft: undefined };
    // A reorganisation goes back a few blocks: that is no negative speed.
    const itemsPerSecond = Math.max(sample.done - first.done, 0) / seconds;
    const bytesPerSecond = Math.max(sample.received - first.received, 0) / seconds;
    const left = progress === undefined ? undefined : progress.total - progress.done;
    const secondsLeft = left === undefined || itemsPerSecond === 0 ? undefined : left / itemsPerSecond;
    return { itemsPerSecond, bytesPerSecond, secondsLeft };
  }
}
