import { Reader, Writer, type Codec, type OutPoint, type TxOut } from '@btcp2p/wire';
import { CompressedAmount } from './amount-compression.ts';
import { scriptCompression } from './script-compression.ts';
import type { DecompressPublicKey } from './secp256k1.ts';
import { readVarInt, varIntSize, writeVarInt } from './var-int.ts';

/** An output that has not been spent (Core `Coin`, coins.h). */
export interface Coin extends TxOut {
  /** Height of the block that created it: 31 bits. */
  readonly height: number;
  /** Whether a coinbase created it, so that it needs 100 blocks to mature. */
  readonly isCoinbase: boolean;
}

/** Height and coinbase bit as one number of 32 bits, as all of Core's formats have them. */
export function coinCode(coin: Coin): number {
  return 2 * coin.height + (coin.isCoinbase ? 1 : 0);
}

/**
 * An amount and a script, both compressed (Core `TxOutCompression`, compressor.h).
 *
 * @param decompress for scripts with an uncompressed public key; the default is slow
 */
export function compressedOutput(decompress?: DecompressPublicKey): Codec<TxOut> {
  const script = scriptCompression(decompress);
  return {
    size: (output) => CompressedAmount.size(output.value) + script.size(output.scriptPubKey),
    write(writer, output) {
      CompressedAmount.write(writer, output.value);
      script.write(writer, output.scriptPubKey);
    },
    read: (reader) => ({
      value: CompressedAmount.read(reader),
      scriptPubKey: script.read(reader),
    }),
  };
}

/**
 * A coin as in Core's coins database and in snapshots (coins.h): VARINT of twice the height plus the
 * coinbase bit, then the compressed output. Scripts are views of the input or fresh.
 *
 * @param decompress for scripts with an uncompressed public key; the default is slow
 */
export function coinCodec(decompress?: DecompressPublicKey): Codec<Coin> {
  const output = compressedOutput(decompress);
  return {
    size: (coin) => varIntSize(coinCode(coin)) + output.size(coin),
    write(writer, coin) {
      writeVarInt(writer, coinCode(coin));
      output.write(writer, coin);
    },
    read(reader) {
      const code = readVarInt(reader, 0xffff_ffff);
      const { value, scriptPubKey } = output.read(reader);
      return { value, scriptPubKey, height: code >>> 1, isCoinbase: (code & 1) !== 0 };
    },
  };
}

/** {@link coinCodec} with the default decompression of public keys. */
export const Coin: Codec<Coin> = coinCodec();

/** Whether two coins are the same in every field. */
export function equalCoins(a: Coin, b: Coin): boolean {
  return coinCode(a) === coinCode(b) && equalOutputs(a, b);
}

/** Whether two outputs have the same amount and script. */
export function equalOutputs(a: TxOut, b: TxOut): boolean {
  const [one, other] = [a.scriptPubKey, b.scriptPubKey];
  if (a.value !== b.value || one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}


/** The first byte of a coin's key, `C` (Core `DB_COIN`, txdb.cpp). */
export const DB_COIN = 0x43;

/** The key of a coin in Core's coins database (txdb.cpp): `C`, txid, VARINT of the index. */
export function coinKey(outpoint: OutPoint): Uint8Array {
  const { txid, index } = outpoint;
  if (txid.length !== 32) throw new RangeError(`a txid of ${txid.length} bytes`);
  const key = new Uint8Array(33 + varIntSize(index));
  key[0] = DB_COIN;
  key.set(txid, 1);
  // Of nearly all coins that is their index. A writer would take more time than all the rest.
  key[33] = index;
  if (index > 0x7f) writeVarInt(new Writer(key.subarray(33)), index);
  return key;
}

/**
 * The outpoint of a coin's key. Its txid is a view of the key.
 *
 * @throws DecodeError if it is no such key
 */
export function parseCoinKey(key: Uint8Array): OutPoint {
  const reader = new Reader(key);
  if (reader.u8() !== DB_COIN) reader.fail('invalid-value', 0);
  const outpoint = { txid: reader.bytes(32), index: readVarInt(reader, 0xffff_ffff) };
  reader.end();
  return outpoint;
}
