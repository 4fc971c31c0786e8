/** How often what was reached, of one target. */
export interface TallyData {
  readonly cases: number;
  readonly counts: readonly (readonly [label: string, times: number])[];
}

/** Counts what the cases of a target reached. */
export class Tally {
  #cases = 0;
  readonly #counts = new Map<string, number>();

  get cases(): number {
    return this.#cases;
  }

  /** Adds a case. */
  add(counts: ReadonlyMap<string, number>): void {
    this.#cases++;
    for (const [label, times] of counts) {
      this.#counts.set(label, (this.#counts.get(label) ?? 0) + times);
    }
  }

  /** As much as can be sent from one thread to another. */
  get data(): TallyData {
    return { cases: this.#cases, counts: [...this.#counts] };
  }
}
