/**
 * The branches of nested `OP_IF`s, true for those that are executed. Nothing ever asks for one in the
 * middle: how many there are and which is the first false one tell everything, so that a script of
 * many `OP_IF`s costs no more than its length.
 */
export class ConditionStack {
  /** How many there are. */
  depth = 0;
  /** The first false one, counted from 0; Infinity if there is none. */
  #firstFalse = Infinity;

  /** Whether none is false. */
  get allTrue(): boolean {
    return this.#firstFalse === Infinity;
  }

  push(condition: boolean): void {
    if (!condition && this.#firstFalse === Infinity) this.#firstFalse = this.depth;
    this.depth++;
  }

  /** Removes the innermost one. There must be one. */
  pop(): void {
    this.depth--;
    if (this.#firstFalse === this.depth) this.#firstFalse = Infinity;
  }

  /** Turns the innermost one round. There must be one. */
  toggle(): void {
    const innermost = this.depth - 1;
    if (this.#firstFalse === Infinity) this.#firstFalse = innermost;
    else if (this.#firstFalse === innermost) this.#firstFalse = Infinity;
  }
}
