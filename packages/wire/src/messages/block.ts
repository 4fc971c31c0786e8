// block: header 80 | CompactSize count | transactions, with witnesses where they were asked for
import { BlockView } from '../block-view.ts';
import { struct, type Codec } from '../codec.ts';

/** `block` answers a `getdata` for it. */
export interface Block {
  readonly block: BlockView;
}

export const Block: Codec<Block> = struct<Block>({ block: BlockView });
