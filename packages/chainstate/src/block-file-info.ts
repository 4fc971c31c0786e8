import type { Codec } from '@btcp2p/wire';
import type { BlockFileInfo } from './ports.ts';
import { readVarInt, varIntSize, writeVarInt } from './var-int.ts';

const U32_MAX = 0xffff_ffff;

/** Core keeps times as 64 bits; headers have 32, and what is not an exact number is no time. */
const TIME_MAX = Number.MAX_SAFE_INTEGER;

function numbersOf(info: BlockFileInfo): readonly number[] {
  return [
    info.blocks, info.size, info.undoSize,
    info.heightFirst, info.heightLast, info.timeFirst, info.timeLast,
  ];
}

/**
 * What Core's block index database holds of a block file (`CBlockFileInfo`, node/blockstorage.h): seven
 * VARINTs, of number of blocks, bytes of the blk file, bytes of the rev file, lowest and highest
 * height, earliest and latest time.
 */
export const blockFileInfo: Codec<BlockFileInfo> = {
  size: (info) => numbersOf(info).reduce((sum, value) => sum + varIntSize(value), 0),
  write(writer, info) {
    for (const value of numbersOf(info)) writeVarInt(writer, value);
  },
  read: (reader) => ({
    blocks: readVarInt(reader, U32_MAX),
    size: readVarInt(reader, U32_MAX),
    undoSize: readVarInt(reader, U32_MAX),
    heightFirst: readVarInt(reader, U32_MAX),
    heightLast: readVarInt(reader, U32_MAX),
    timeFirst: readVarInt(reader, TIME_MAX),
    timeLast: readVarInt(reader, TIME_MAX),
  }),
};
