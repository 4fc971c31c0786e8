import type { HeaderEntry } from '@btcp2p/consensus';

/** Why a block or header was refused: Core's word for it, and a sentence for the log. */
export interface ChainRejection {
  readonly reason: string;
  readonly debug: string;
}

/**
 * What happens to the chain of blocks, wherever it is kept: told in order, each before the answer to
 * the job that brought it about. `ChainstateManager` of `@btcp2p/chainstate` tells exactly these.
 */
export type ChainEvent =
  /** A block was stored. */
  | { readonly type: 'stored'; readonly entry: HeaderEntry }
  /** A block became the last of the chain. */
  | { readonly type: 'connected'; readonly entry: HeaderEntry }
  /** The last block was taken off. */
  | { readonly type: 'disconnected'; readonly entry: HeaderEntry }
  /** The chain has come to rest for now, at another block than before. */
  | { readonly type: 'tip'; readonly tip: HeaderEntry; readonly fork: HeaderEntry | undefined }
  /** A block is invalid, and with it all that build on it. */
  | {
      readonly type: 'invalid';
      readonly entry: HeaderEntry;
      /** Undefined if the user said so. */
      readonly rejection: ChainRejection | undefined;
    }
  /** The user took that back. */
  | { readonly type: 'reconsidered'; readonly entry: HeaderEntry }
  /** The chain goes on from coins that were loaded; another one, behind it, is to prove them. */
  | { readonly type: 'snapshot'; readonly tip: HeaderEntry; readonly background: HeaderEntry }
  /** How far that one has come. */
  | { readonly type: 'background'; readonly tip: HeaderEntry }
  /** Blocks were deleted to save space. */
  | { readonly type: 'pruned'; readonly entries: readonly HeaderEntry[] };

/** What came of a block (Core `ProcessNewBlock`, and `BlockChecked` of it). */
export type BlockOutcome =
  /** It was kept, or was there before. `verdict` is what came of connecting it, if that was tried. */
  | {
      readonly status: 'accepted';
      readonly isNew: boolean;
      readonly verdict: 'valid' | ChainRejection | undefined;
    }
  /** It was refused. A `mutated` block says nothing of its header. */
  | ({ readonly status: 'rejected'; readonly mutated: boolean } & ChainRejection);
