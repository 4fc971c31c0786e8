import { SECOND } from '@btcp2p/machine';

/**
 * How long a peer may hold up the download window, milliseconds, to begin with
 * (Core `BLOCK_STALLING_TIMEOUT_DEFAULT`, net_processing.cpp).
 */
export const BLOCK_STALLING_TIMEOUT_DEFAULT = 2 * SECOND;

/** And at most, milliseconds (Core `BLOCK_STALLING_TIMEOUT_MAX`, net_processing.cpp). */
export const BLOCK_STALLING_TIMEOUT_MAX = 64 * SECOND;

/** What a connected block leaves of the timeout (Core `BlockConnected`, net_processing.cpp). */
const DECAY = 0.85;

/**
 * How long a peer may hold up the download window before it is dropped (Core
 * `m_block_stalling_timeout`, net_processing.cpp).
 *
 * === Specification ===
 *
 * 2 seconds; doubled, up to 64, whenever a peer is dropped for it; multiplied by 0.85 and cut to
 * whole seconds, down to 2, with every block connected.
 *
 * === Rationale ===
 *
 * If it is not the peer but our own line that is too slow, dropping one peer after the other would
 * not help: each next one gets more time. As blocks come in again, the reason has gone.
 */
export class StallingTimeout {
  #value = BLOCK_STALLING_TIMEOUT_DEFAULT;

  /** Milliseconds. */
  get value(): number {
    return this.#value;
  }

  /** A peer has been dropped for it. */
  increase(): void {
    this.#value = Math.min(2 * this.#value, BLOCK_STALLING_TIMEOUT_MAX);
  }

  /** A block has been connected. Returns whether the timeout changed. */
  decrease(): boolean {
    if (this.#value === BLOCK_STALLING_TIMEOUT_DEFAULT) return false;
    const seconds = Math.floor((this.#value * DECAY) / SECOND);
    this.#value = Math.max(seconds * SECOND, BLOCK_STALLING_TIMEOUT_DEFAULT);
    return true;
  }
}
