import { consensusParams, genesisAnchor, HeaderTree, type HeaderEntry } from '@btcp2p/consensus';
import { regtest, sha256d, type BlockView, type Sha256d } from '@btcp2p/wire';
import { mineBlock, type MineOptions } from './mine-block.ts';

/** A chain of regtest blocks that grows on demand. */
export class RegtestChain {
  readonly headers: HeaderTree;
  /** All blocks after genesis, in the order in which they were made. */
  readonly blocks: BlockView[] = [];
  readonly #sha256d: Sha256d;

  constructor(hash: Sha256d = sha256d) {
    this.#sha256d = hash;
    const params = consensusParams(regtest);
    this.headers = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: hash });
  }

  /** Adds blocks on top of the best one, or of `parent`, by default 600 s apart. Returns them. */
  mine(
    count: number,
    options: {
      readonly parent?: HeaderEntry;
      readonly extraNonce?: number;
      /** Seconds between blocks. */
      readonly spacing?: number;
      readonly padding?: MineOptions['padding'];
    } = {},
  ): BlockView[] {
    const made: BlockView[] = [];
    let parent = options.parent ?? this.headers.best;
    const { extraNonce = 0, spacing = 600, padding = 0 } = options;
    for (let i = 0; i < count; i++) {
      const time = this.headers.time(parent) + spacing;
      const block = mineBlock({
        headers: this.headers, parent, time, extraNonce, padding, sha256d: this.#sha256d,
      });
      const added = this.headers.add(block.headerBytes, time);
      if (added.status !== 'added') throw new Error(`a mined block was ${added.status}`);
      parent = added.entry;
      made.push(block);
    }
    this.blocks.push(...made);
    return made;
  }
}
