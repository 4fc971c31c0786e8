/** First in, first out. */
export class Queue<T> {
  #items: T[] = [];
  #next = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the first. */
  poll(): T | undefined {
    if (this.#next === this.#items.length) return undefined;
    const item = this.#items[this.#next++];
    if (this.#next === this.#items.length) this.clear();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#next = 0;
  }
}
