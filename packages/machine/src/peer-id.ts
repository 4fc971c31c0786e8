declare const peerIdBrand: unique symbol;

/**
 * Names one connection, for the life of the process. Counted from 0 and never reused (Core's
 * `NodeId`): an address is not an identity, since a peer that reconnects is a new connection.
 */
export type PeerId = number & { readonly [peerIdBrand]: true };

/** Hands out peer ids: 0, 1, 2, … */
export class PeerIds {
  #next = 0;

  /** The next id. */
  next(): PeerId {
    return this.#next++ as PeerId;
  }
}
