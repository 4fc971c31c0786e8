/** The two do not agree. */
export class Difference extends Error {
  override readonly name = 'Difference';
  readonly seed: number;
  readonly step: number;

  /**
   * @param what was done
   * @param ours and `theirs`: what came of it
   */
  constructor(seed: number, step: number, what: string, ours: unknown, theirs: unknown) {
    super(
      `seed ${seed}, step ${step}: ${what}\n` +
        `  ours:     ${JSON.stringify(ours)}\n  bitcoind: ${JSON.stringify(theirs)}`,
    );
    this.seed = seed;
    this.step = step;
  }
}
