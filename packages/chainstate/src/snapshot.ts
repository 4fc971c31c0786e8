import { MAX_MONEY } from '@btcp2p/consensus';
import {
  compactSizeSize,
  DecodeError,
  equalHashes,
  Reader,
  Writer,
  type Codec,
} from '@btcp2p/wire';
import { coinCodec, type Coin } from './coin.ts';
import type { CoinEntry } from './coins-store.ts';
import { MAX_SCRIPT_SIZE } from './script-compression.ts';
import type { DecompressPublicKey } from './secp256k1.ts';

/** "utxo" and 255 (Core `SNAPSHOT_MAGIC_BYTES`, node/utxo_snapshot.h). */
const SNAPSHOT_MAGIC_BYTES = Uint8Array.of(0x75, 0x74, 0x78, 0x6f, 0xff);
const VERSION = 2;

/** Bytes of the metadata in front of the coins (Core `SnapshotMetadata`, node/utxo_snapshot.h). */
export const SNAPSHOT_METADATA_SIZE = 51;

/** What stands in front of a snapshot's coins (Core `SnapshotMetadata`, node/utxo_snapshot.h). */
export interface SnapshotMetadata {
  /** The network's magic, 4 bytes as on the wire. */
  readonly magic: Uint8Array;
  /** The block whose coins these are, 32 bytes in wire order. */
  readonly baseBlockHash: Uint8Array;
  /** Coins of the snapshot. */
  readonly coinsCount: bigint;
}

/**
 * Magic bytes (5), version 2 (2 bytes), the network's magic (4), the block (32), the number of coins
 * (8). Other magic bytes and versions are `invalid-value` at their offset; whether the network is the
 * right one is for the caller to see.
 */
export const SnapshotMetadata: Codec<SnapshotMetadata> = {
  size: () => SNAPSHOT_METADATA_SIZE,
  write(writer, { magic, baseBlockHash, coinsCount }) {
    writer.bytes(SNAPSHOT_MAGIC_BYTES);
    writer.u16(VERSION);
    writer.bytes(magic);
    writer.hash(baseBlockHash);
    writer.u64(coinsCount);
  },
  read(reader) {
    const start = reader.offset;
    const found = reader.bytes(SNAPSHOT_MAGIC_BYTES.length);
    if (found.some((byte, i) => byte !== SNAPSHOT_MAGIC_BYTES[i])) {
      reader.fail('invalid-value', start);
    }
    const versionAt = reader.offset;
    if (reader.u16() !== VERSION) reader.fail('invalid-value', versionAt);
    return { magic: reader.bytes(4), baseBlockHash: reader.bytes(32), coinsCount: reader.u64() };
  },
};

/**
 * Writes the coins of a snapshot as Core's `dumptxoutset` does (`WriteUTXOSnapshot`,
 * rpc/blockchain.cpp), behind the metadata: for each transaction its txid, a CompactSize of its coins,
 * and for each of those a CompactSize of the index and the coin.
 */
export class SnapshotEncoder {
  readonly #coin: Codec<Coin> = coinCodec();
  /** Coins of one transaction that are not yet written: their number comes first. */
  #pending: CoinEntry[] = [];

  /**
   * The next coin, in the order of their keys, as `CoinsStore.coins` has them. Returns the bytes of
   * the transaction before, or none if this coin is of the same one.
   */
  push(entry: CoinEntry): Uint8Array {
    const [first] = this.#pending;
    const isOther = first !== undefined && !equalHashes(first.outpoint.txid, entry.outpoint.txid);
    const bytes = isOther ? this.end() : new Uint8Array(0);
    this.#pending.push(entry);
    return bytes;
  }

  /** The bytes of the last transaction. */
  end(): Uint8Array {
    const pending = this.#pending;
    const [first] = pending;
    if (first === undefined) return new Uint8Array(0);
    this.#pending = [];
    let size = 32 + compactSizeSize(pending.length);
    for (const { outpoint, coin } of pending) {
      size += compactSizeSize(outpoint.index) + this.#coin.size(coin);
    }
    const bytes = new Uint8Array(size);
    const writer = new Writer(bytes);
    writer.hash(first.outpoint.txid);
    writer.compactSize(pending.length);
    for (const { outpoint, coin } of pending) {
      writer.compactSize(outpoint.index);
      this.#coin.write(writer, coin);
    }
    return bytes;
  }
}

/** Options of a {@link SnapshotDecoder}. */
export interface SnapshotDecoderOptions {
  readonly metadata: SnapshotMetadata;
  /** Height of the metadata's block: no coin is from above it. */
  readonly baseHeight: number;
  /** For scripts with an uncompressed public key; the default is slow. */
  readonly decompressPublicKey?: DecompressPublicKey;
}

/** More than any coin or txid with its count takes: what still does not decode then never will. */
const MAX_ITEM_SIZE = MAX_SCRIPT_SIZE + 100;

/**
 * Reads the coins of a snapshot, from chunks of any size that follow the metadata, with the checks of
 * Core's `PopulateAndValidateSnapshot` (validation.cpp). Whether the coins are the right ones only
 * their `hash_serialized_3` tells. Unlike Core it refuses scripts of more than 10,000 bytes, which no
 * set of coins has.
 */
export class SnapshotDecoder {
  readonly #coin: Codec<Coin>;
  readonly #baseHeight: number;
  #coinsLeft: bigint;
  #coinsRead = 0;
  #txid: Uint8Array | undefined;
  /** Coins of that transaction still to come. */
  #left = 0;
  /** The start of what did not end within the chunks so far. */
  #rest = new Uint8Array(0);
  /** Where in the file the rest starts. */
  #offset = SNAPSHOT_METADATA_SIZE;

  constructor(options: SnapshotDecoderOptions) {
    this.#coin = coinCodec(options.decompressPublicKey);
    this.#baseHeight = options.baseHeight;
    this.#coinsLeft = options.metadata.coinsCount;
  }

  /** Coins read so far. */
  get coinsRead(): number {
    return this.#coinsRead;
  }

  /**
   * The coins that end in the next chunk. They may share its memory.
   *
   * @throws DecodeError with an offset in the file: `limit-exceeded` for more coins than the metadata
   *   say, `trailing-bytes` for bytes behind the last, `invalid-value` for a coin above the base block
   *   or, with the amount, one of an amount that cannot be, `size-too-large` for scripts
   */
  push(chunk: Uint8Array): CoinEntry[] {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    const reader = new Reader(bytes);
    const coins: CoinEntry[] = [];
    let done = 0;
    try {
      while (this.#coinsLeft > 0n) {
        this.#item(reader, coins);
        done = reader.offset;
      }
      reader.end();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      if (error.code !== 'truncated') {
        throw new DecodeError(error.code, this.#offset + error.offset, error.size);
      }
      if (bytes.length - done > MAX_ITEM_SIZE) {
        throw new DecodeError('size-too-large', this.#offset + done);
      }
    }
    this.#rest = bytes.slice(done);
    this.#offset += done;
    return coins;
  }

  /** @throws DecodeError `truncated` unless all coins were read */
  end(): void {
    if (this.#coinsLeft > 0n) throw new DecodeError('truncated', this.#offset + this.#rest.length);
  }

  /** A txid with its count, or a coin. Nothing changes unless all of it is there. */
  #item(reader: Reader, coins: CoinEntry[]): void {
    const start = reader.offset;
    if (this.#left === 0) {
      const txid = reader.bytes(32);
      const count = reader.compactSize();
      if (count > this.#coinsLeft) reader.fail('limit-exceeded', start, count);
      this.#txid = txid;
      this.#left = count;
      return;
    }
    const index = reader.compactSize();
    const coin = this.#coin.read(reader);
    if (coin.height > this.#baseHeight) reader.fail('invalid-value', start);
    if (coin.value < 0n || coin.value > MAX_MONEY) {
      reader.fail('invalid-value', start, Number(coin.value));
    }
    coins.push({ outpoint: { txid: this.#txid!, index }, coin });
    this.#left--;
    this.#coinsLeft--;
    this.#coinsRead++;
  }
}
