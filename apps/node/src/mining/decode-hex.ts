import {
  BLOCK_HEADER_SIZE, BlockView, DecodeError, fromHex, Reader, TransactionView,
} from '@btcp2p/wire';
import { isHex } from '../descriptors/key-expression.ts';

/** What a codec reads from the start of bytes in hex; undefined if that is none. */
function decodeHex<T>(hex: string, read: (reader: Reader) => T): T | undefined {
  if (!isHex(hex)) return undefined;
  try {
    return read(new Reader(fromHex(hex)));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** A block in hex; what comes after it does not count (Core `DecodeHexBlk`, core_read.cpp). */
export function decodeBlockHex(hex: string): BlockView | undefined {
  return decodeHex(hex, (reader) => BlockView.read(reader));
}

/** A header in hex, 80 bytes; what comes after it does not count (Core `DecodeHexBlockHeader`). */
export function decodeHeaderHex(hex: string): Uint8Array | undefined {
  return decodeHex(hex, (reader) => reader.bytes(BLOCK_HEADER_SIZE));
}

/** A whole transaction in hex (Core `DecodeHexTx`, core_read.cpp). */
export function decodeTransactionHex(hex: string): TransactionView | undefined {
  return decodeHex(hex, (reader) => {
    const view = TransactionView.read(reader);
    reader.end();
    return view;
  });
}
