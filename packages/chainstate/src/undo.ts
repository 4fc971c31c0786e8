import {
  compactSizeSize,
  MAX_SIZE,
  sha256d,
  type Codec,
  type Sha256d,
  type Writer,
} from '@btcp2p/wire';
import { coinCode, compressedOutput, type Coin } from './coin.ts';
import type { DecompressPublicKey } from './secp256k1.ts';
import { readVarInt, varIntSize, writeVarInt } from './var-int.ts';

/** What a transaction spent (Core `CTxUndo`, undo.h). */
export interface TxUndo {
  /** The coin of each input, in order. */
  readonly prevouts: readonly Coin[];
}

/** What a block spent (Core `CBlockUndo`, undo.h). */
export interface BlockUndo {
  /** Of each transaction but the coinbase, in order. */
  readonly transactions: readonly TxUndo[];
}

/** Fewest bytes of a coin in undo data: height 0, amount 0, no script. */
const MIN_COIN_SIZE = 3;

/**
 * A coin in undo data (Core `TxInUndoFormatter`, undo.h): as in the database, but with a zero behind
 * the height unless that is 0. There, long ago, was the version of the transaction; height 0 meant
 * that an earlier record has height and coinbase bit.
 */
function undoCoinCodec(decompress?: DecompressPublicKey): Codec<Coin> {
  const output = compressedOutput(decompress);
  return {
    size: (coin) => varIntSize(coinCode(coin)) + (coin.height > 0 ? 1 : 0) + output.size(coin),
    write(writer, coin) {
      writeVarInt(writer, coinCode(coin));
      if (coin.height > 0) writer.u8(0);
      output.write(writer, coin);
    },
    read(reader) {
      const code = readVarInt(reader, 0xffff_ffff);
      if (code > 1) readVarInt(reader, 0xffff_ffff);
      const { value, scriptPubKey } = output.read(reader);
      return { value, scriptPubKey, height: code >>> 1, isCoinbase: (code & 1) !== 0 };
    },
  };
}

/**
 * Undo data of transactions: a CompactSize and the coins.
 *
 * @param decompress for scripts with an uncompressed public key; the default is slow
 */
export function txUndoCodec(decompress?: DecompressPublicKey): Codec<TxUndo> {
  const coin = undoCoinCodec(decompress);
  return {
    size: ({ prevouts }) => listSize(prevouts, coin),
    write: (writer, { prevouts }) => writeList(writer, prevouts, coin),
    read(reader) {
      const prevouts: Coin[] = [];
      const count = reader.count(MAX_SIZE, MIN_COIN_SIZE);
      for (let i = 0; i < count; i++) prevouts.push(coin.read(reader));
      return { prevouts };
    },
  };
}

/**
 * Undo data of blocks, as Core's rev files hold them behind network magic and length, and in front
 * of {@link undoChecksum}: a CompactSize and the transactions.
 *
 * @param decompress for scripts with an uncompressed public key; the default is slow
 */
export function blockUndoCodec(decompress?: DecompressPublicKey): Codec<BlockUndo> {
  const transaction = txUndoCodec(decompress);
  return {
    size: ({ transactions }) => listSize(transactions, transaction),
    write: (writer, { transactions }) => writeList(writer, transactions, transaction),
    read(reader) {
      const transactions: TxUndo[] = [];
      const count = reader.count(MAX_SIZE, 1);
      for (let i = 0; i < count; i++) transactions.push(transaction.read(reader));
      return { transactions };
    },
  };
}

function listSize<T>(items: readonly T[], codec: Codec<T>): number {
  return items.reduce((sum, item) => sum + codec.size(item), compactSizeSize(items.length));
}

function writeList<T>(writer: Writer, items: readonly T[], codec: Codec<T>): void {
  writer.compactSize(items.length);
  for (const item of items) codec.write(writer, item);
}

/** {@link txUndoCodec} with the default decompression of public keys. */
export const TxUndo: Codec<TxUndo> = txUndoCodec();

/** {@link blockUndoCodec} with the default decompression of public keys. */
export const BlockUndo: Codec<BlockUndo> = blockUndoCodec();

/**
 * The 32 bytes behind a block's undo data in a rev file: SHA-256d of the hash of the block's parent
 * and the data (Core `WriteBlockUndo`, node/blockstorage.cpp). The parent ties the data to a chain.
 *
 * @param prevBlockHash 32 bytes in wire order
 * @param undoBytes the data as they stand in the file: what old versions wrote may differ from what
 *   `BlockUndo` writes for the same coins
 */
export function undoChecksum(
  prevBlockHash: Uint8Array,
  undoBytes: Uint8Array,
  hash: Sha256d = sha256d,
): Uint8Array {
  const bytes = new Uint8Array(32 + undoBytes.length);
  bytes.set(prevBlockHash);
  bytes.set(undoBytes, 32);
  return hash(bytes);
}
