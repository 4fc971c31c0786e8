import type { Instant } from '@btcp2p/machine';

/**
 * Milliseconds for which an address is taken to speak v1 only. Our choice: in a day, a program may
 * well have been updated.
 */
export const V1_ONLY_MEMORY_MS = 24 * 60 * 60 * 1_000;

/** Most addresses to remember. Our choice: one that is forgotten costs one dial more. */
export const MAX_V1_ONLY_ADDRESSES = 1_000;

/**
 * Addresses that hung up on v2 and then shook hands with v1.
 *
 * **Rationale.** Core tries v2 again each time. Who is asked to connect to a v1 node and loses it
 * often would pay two dials each time; after a day, the node may well have been updated. That an
 * attacker on the way can have us speak v1 is so in any case (BIP 324 §"Signaling").
 */
export class V1OnlyAddresses {
  readonly #until = new Map<string, Instant>();

  /** Remembers an address from now on. */
  add(address: string, now: Instant): void {
    this.#until.delete(address);
    this.#until.set(address, now + V1_ONLY_MEMORY_MS);
    if (this.#until.size > MAX_V1_ONLY_ADDRESSES) {
      this.#until.delete(this.#until.keys().next().value!);
    }
  }

  /** Whether an address is remembered. */
  has(address: string, now: Instant): boolean {
    const until = this.#until.get(address);
    return until !== undefined && now < until;
  }
}
