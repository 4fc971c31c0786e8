/**
 * The effects of a machine, waiting in order for its driver. One for a whole machine, so that the
 * order in which effects were caused is the order in which they are carried out.
 */
export class Outbox<Effect> {
  #items: Effect[] = [];
  #next = 0;

  /** How many effects wait. */
  get length(): number {
    return this.#items.length - this.#next;
  }

  /** Appends an effect. */
  push(effect: Effect): void {
    this.#items.push(effect);
  }

  /** Removes and returns the oldest effect. */
  poll(): Effect | undefined {
    if (this.#next === this.#items.length) return undefined;
    const effect = this.#items[this.#next++];
    // Polled effects (which may hold megabytes) are let go as soon as the queue has drained.
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    return effect;
  }
}
