import type { Feature } from '@btcp2p/wire';

/**
 * Which features both sides offer (BIP 434).
 *
 * **Specification.** A feature of the peer's counts if it is one of ours. The first with an id
 * counts, and the order in which they came is kept, since BIP 434 §"Feature versioning" has the
 * side that dialled choose by it.
 *
 * **Rationale.** BIP 434 bounds the size of a feature, not their number. Only ids that we know are
 * kept, so a peer cannot fill our memory.
 */
export class FeatureNegotiation {
  readonly #ours: ReadonlySet<string>;
  readonly #shared: Feature[] = [];

  constructor(ours: readonly Feature[]) {
    this.#ours = new Set(ours.map(({ id }) => id));
  }

  /** Those of our features that the peer offers too, in its order, with its data. */
  get shared(): readonly Feature[] {
    return this.#shared;
  }

  /** The peer offers a feature. `data` is copied if it is kept. */
  add({ id, data }: Feature): 'kept' | 'duplicate' | 'unknown' {
    if (!this.#ours.has(id)) return 'unknown';
    if (this.#shared.some((feature) => feature.id === id)) return 'duplicate';
    this.#shared.push({ id, data: data.slice() });
    return 'kept';
  }
}
