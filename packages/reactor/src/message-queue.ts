import type { Message } from '@btcp2p/wire';

/**
 * Bytes of messages (as on the wire) that wait for a slow reader before no more are read from the
 * peer. Our choice: a fifth of Core's `-maxreceivebuffer` (5 MB), since messages take several
 * times as much memory once they are decoded.
 */
export const MAX_WAITING_BYTES = 1_000_000;

/** Messages that have come and wait to be taken. Tells when there are too many. */
export class MessageQueue {
  readonly #onFull: () => void;
  readonly #onRoom: () => void;
  #items: { readonly message: Message; readonly size: number }[] = [];
  #next = 0;
  #bytes = 0;
  #isFull = false;
  #hasEnded = false;
  /** Takers, in the order in which they came, while there is nothing to take. */
  #takers: ((message: Message | undefined) => void)[] = [];

  /** @param onRoom called when half of the room is free again, after `onFull` */
  constructor(onFull: () => void, onRoom: () => void) {
    this.#onFull = onFull;
    this.#onRoom = onRoom;
  }

  push(message: Message, size: number): void {
    if (this.#hasEnded) return;
    const taker = this.#takers.shift();
    if (taker !== undefined) return taker(message);
    this.#items.push({ message, size });
    this.#bytes += size;
    if (this.#isFull || this.#bytes < MAX_WAITING_BYTES) return;
    this.#isFull = true;
    this.#onFull();
  }

  /** No more messages will come; those that wait may still be taken. */
  end(): void {
    this.#hasEnded = true;
    for (const taker of this.#takers) taker(undefined);
    this.#takers = [];
  }

  /** The next message; undefined when all have been taken and no more will come. */
  take(): Promise<Message | undefined> {
    const item = this.#items[this.#next];
    if (item === undefined) {
      if (this.#hasEnded) return Promise.resolve(undefined);
      return new Promise((resolve) => this.#takers.push(resolve));
    }
    this.#next++;
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    this.#bytes -= item.size;
    if (this.#isFull && !this.#hasEnded && this.#bytes <= MAX_WAITING_BYTES / 2) {
      this.#isFull = false;
      this.#onRoom();
    }
    return Promise.resolve(item.message);
  }
}
