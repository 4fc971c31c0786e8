// block: header 80 | CompactSize count | transactions, with witnesses where they were asked for
import type { Codec } from '../codec.ts';
import { BlockView } from '../block-view.ts';

/** `block` answers a `getdata` for it. */
export interface Block {
  readonly block: BlockView;
}

export const Block: Codec<Block> = {
  size: ({ block }) => block.size,
  write: (writer, { block }) => writer.bytes(block.bytes),
  read: (reader) => ({ block: BlockView.of(reader.bytes(reader.remaining)) }),
};
