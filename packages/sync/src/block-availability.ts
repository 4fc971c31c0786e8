import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { PeerId } from '@btcp2p/machine';

interface Known {
  best: HeaderEntry | undefined;
  /** The last announced block whose header we did not have (Core `hashLastUnknownBlock`). */
  unknown: Uint8Array | undefined;
  /** How many headers there were when the unknown one was last looked for. */
  lookedAt: number;
}

/**
 * The best block that each peer is known to have (Core `pindexBestKnownBlock` and
 * `UpdateBlockAvailability`, net_processing.cpp).
 *
 * === Specification ===
 *
 * A peer has the block of most work of those that it announced. An announced block whose header is
 * unknown is remembered, the last one only, and counts from when its header comes from anywhere.
 *
 * === Rationale ===
 *
 * One unknown hash a peer bounds the memory; and the last one announced is most likely the best.
 */
export class BlockAvailability {
  readonly #headers: HeaderTree;
  readonly #peers = new Map<PeerId, Known>();

  constructor(headers: HeaderTree) {
    this.#headers = headers;
  }

  /** Adds a peer that is not known to have anything. */
  addPeer(id: PeerId): void {
    this.#peers.set(id, { best: undefined, unknown: undefined, lookedAt: 0 });
  }

  /** Removes a peer. */
  removePeer(id: PeerId): void {
    this.#peers.delete(id);
  }

  /** The peer has the block of this hash (32 bytes, copied). Returns its header, if it is known. */
  announce(id: PeerId, hash: Uint8Array): HeaderEntry | undefined {
    const known = this.#of(id);
    this.#resolve(known);
    const entry = this.#headers.find(hash);
    if (entry === undefined) {
      known.unknown = hash.slice();
      known.lookedAt = this.#headers.size;
    } else {
      this.#raise(known, entry);
    }
    return entry;
  }

  /**
   * The peer turned out not to have a block: whatever it said of that one and of what builds on it
   * is forgotten, until it announces something anew.
   */
  retract(id: PeerId, entry: HeaderEntry): void {
    const known = this.#of(id);
    known.unknown = undefined;
    if (known.best === undefined || !this.#headers.isAncestor(entry, known.best)) return;
    known.best = this.#headers.parent(entry);
  }

  /** The best block that the peer is known to have. */
  best(id: PeerId): HeaderEntry | undefined {
    const known = this.#of(id);
    this.#resolve(known);
    return known.best;
  }

  #resolve(known: Known): void {
    if (known.unknown === undefined || known.lookedAt === this.#headers.size) return;
    known.lookedAt = this.#headers.size;
    const entry = this.#headers.find(known.unknown);
    if (entry === undefined) return;
    known.unknown = undefined;
    this.#raise(known, entry);
  }

  #raise(known: Known, entry: HeaderEntry): void {
    if (known.best !== undefined && this.#headers.compareWork(entry, known.best) < 0) return;
    known.best = entry;
  }

  #of(id: PeerId): Known {
    const known = this.#peers.get(id);
    if (known === undefined) throw new Error(`no peer ${id}`);
    return known;
  }
}
