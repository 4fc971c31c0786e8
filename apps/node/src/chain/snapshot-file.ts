import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import {
  SNAPSHOT_METADATA_SIZE,
  SnapshotDecoder,
  SnapshotEncoder,
  SnapshotMetadata,
  type CoinChange,
  type CoinEntry,
} from '@btcp2p/chainstate';
import { decode, DecodeError, encode } from '@btcp2p/wire';
import { systemErrorCode, systemErrorText } from '../node-error.ts';
import { ChainQueryError } from './chain-query-error.ts';
import { COINS_AT_ONCE } from './coin-scans.ts';
import type { Piecemeal } from './piecemeal.ts';

/** Bytes that are read or written at a time. */
const CHUNK_SIZE = 1 << 20;

/**
 * Writes coins as Core's `dumptxoutset` does: into a file beside it that takes the name when it is
 * whole.
 *
 * @param visit called for each coin, in order
 * @throws ChainQueryError if the file cannot be written
 */
export function* writeSnapshot(
  path: string,
  metadata: SnapshotMetadata,
  coins: Iterable<CoinEntry>,
  visit: (coin: CoinEntry) => void,
): Piecemeal<void> {
  const temporary = `${path}.incomplete`;
  const fd = openForWriting(temporary);
  let isWhole = false;
  try {
    const encoder = new SnapshotEncoder();
    let parts: Uint8Array[] = [encode(SnapshotMetadata, metadata)];
    let size = SNAPSHOT_METADATA_SIZE;
    const put = (bytes: Uint8Array): void => {
      parts.push(bytes);
      size += bytes.length;
      if (size < CHUNK_SIZE) return;
      writeAll(fd, Buffer.concat(parts), temporary);
      parts = [];
      size = 0;
    };
    let count = 0;
    for (const coin of coins) {
      visit(coin);
      put(encoder.push(coin));
      if (++count % COINS_AT_ONCE === 0) yield;
    }
    put(encoder.end());
    writeAll(fd, Buffer.concat(parts), temporary);
    fsyncSync(fd);
    isWhole = true;
  } finally {
    closeSync(fd);
    if (!isWhole) rmSync(temporary, { force: true });
  }
  renameSync(temporary, path);
}

/** A snapshot that is being read. */
export class SnapshotReader {
  readonly metadata: SnapshotMetadata;
  readonly #fd: number;

  /**
   * Opens a file and reads what stands in front.
   *
   * @param magic of the network
   * @throws ChainQueryError in Core's words; errors of the system
   */
  constructor(path: string, magic: Uint8Array) {
    this.#fd = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(SNAPSHOT_METADATA_SIZE);
      readSync(this.#fd, bytes, 0, bytes.length, 0);
      this.metadata = decode(SnapshotMetadata, bytes);
      if (this.metadata.magic.some((byte, i) => byte !== magic[i])) {
        const text = 'The network of the snapshot does not match the network of this node.';
        throw new ChainQueryError(`Unable to parse metadata: ${text}`);
      }
    } catch (error) {
      closeSync(this.#fd);
      if (!(error instanceof DecodeError)) throw error;
      throw new ChainQueryError(`Unable to parse metadata: ${error.message}`);
    }
  }

  /**
   * All coins, as changes to an empty store.
   *
   * @throws ChainQueryError while they are read, if they are not what they should be
   */
  *coins(baseHeight: number): Generator<CoinChange, void, undefined> {
    const decoder = new SnapshotDecoder({ metadata: this.metadata, baseHeight });
    const buffer = new Uint8Array(CHUNK_SIZE);
    let position = SNAPSHOT_METADATA_SIZE;
    try {
      for (;;) {
        const read = readSync(this.#fd, buffer, 0, buffer.length, position);
        if (read === 0) break;
        position += read;
        yield* decoder.push(buffer.slice(0, read));
      }
      decoder.end();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const count = decoder.coinsRead;
      const text =
        error.code === 'trailing-bytes'
          ? `Bad snapshot - coins left over after deserializing ${count} coins`
          : `Bad snapshot format or truncated snapshot after deserializing ${count} coins`;
      throw new ChainQueryError(`Population failed: ${text}`);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function openForWriting(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new ChainQueryError(`Couldn't open file ${path} for writing.`);
  }
}

function writeAll(fd: number, bytes: Uint8Array, path: string): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new ChainQueryError(`Error writing ${path}: ${systemErrorText(error)}`);
  }
}
