/** Core `TimeOffsets::MAX_SIZE` (node/timeoffsets.h). */
const MAX_SIZE = 50;
/** Fewer say nothing (Core `TimeOffsets::Median`, node/timeoffsets.cpp). */
const MIN_SIZE = 5;

/** By how many seconds the clocks of the last 50 peers that we dialled were ahead of ours. */
export class TimeOffsets {
  readonly #offsets: number[] = [];

  /** Adds that of a peer, in seconds. */
  add(offset: number): void {
    if (this.#offsets.length >= MAX_SIZE) this.#offsets.shift();
    this.#offsets.push(offset);
  }

  /** The one in the middle, 0 as long as there are fewer than 5. */
  get median(): number {
    if (this.#offsets.length < MIN_SIZE) return 0;
    return this.#offsets.toSorted((a, b) => a - b)[Math.floor(this.#offsets.length / 2)]!;
  }
}
