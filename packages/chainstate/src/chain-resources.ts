import type { ConsensusParams, HeaderTree } from '@btcp2p/consensus';
import type { Codec, Sha256d } from '@btcp2p/wire';
import type { AssumeValidOptions } from './assume-valid.ts';
import type { BlockIndex } from './block-index.ts';
import type { BlockStorage } from './block-storage.ts';
import type { BlockValidator } from './block-validator.ts';
import type { BlockFiles } from './ports.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import type { BlockUndo } from './undo.ts';

/** What all chain states of a node share. */
export interface ChainResources {
  readonly params: ConsensusParams;
  readonly headers: HeaderTree;
  readonly blocks: BlockIndex;
  readonly files: BlockFiles;
  readonly storage: BlockStorage;
  readonly recent: RecentBlocks;
  readonly validator: BlockValidator;
  readonly assumeValid: AssumeValidOptions;
  readonly undoCodec: Codec<BlockUndo>;
  readonly sha256d: Sha256d;
  /** Asked between blocks: whether to stop where it is. */
  readonly interrupted: () => boolean;
}
