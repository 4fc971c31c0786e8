import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import {
  SNAPSHOT_METADATA_SIZE,
  SnapshotDecoder,
  SnapshotEncoder,
  SnapshotMetadata,
  type CoinChange,
  type CoinEntry,
} from '@btcp2p/chainstate';
import { decode, DecodeError, encode, networks } from '@btcp2p/wire';
import { systemErrorCode, systemErrorText } from '../node-error.ts';
import { ChainQueryError } from './chain-query-error.ts';
import { COINS_AT_ONCE } from './coin-scans.ts';
import type { Piecemeal } from './piecemeal.ts';

/** Bytes that are read or written at a time. */
const CHUNK_SIZE = 1 << 20;

/** Where the network's magic stands, behind that of snapshots and the version. */
const NETWORK_OFFSET = 7;

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
      const size = readSync(this.#fd, bytes, 0, bytes.length, 0);
      const fault = metadataFault(bytes.subarray(0, size), magic);
      if (fault !== undefined) throw new ChainQueryError(`Unable to parse metadata: ${fault}`);
      this.metadata = decode(SnapshotMetadata, bytes);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
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
      throw new ChainQueryError(`Population failed: ${coinsFault(error, count)}`);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * What is wrong with what stands in front of the coins, if anything (Core
 * `SnapshotMetadata::Unserialize`, node/utxo_snapshot.h).
 *
 * @param bytes as many as there are, at most those of the metadata
 * @param magic of the network
 */
function metadataFault(bytes: Uint8Array, magic: Uint8Array): string | undefined {
  // Core says so of every such failure.
  const failure = (text: string): string => `${text}: iostream error`;
  let fault = new DecodeError('invalid-value', NETWORK_OFFSET);
  try {
    const found = decode(SnapshotMetadata, bytes).magic;
    if (found.every((byte, i) => byte === magic[i])) return undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    fault = error;
  }
  if (fault.code === 'truncated') return failure('AutoFile::read: end of file');
  if (fault.offset === 0) {
    return failure(
      'Invalid UTXO set snapshot magic bytes. Please check if this is indeed a snapshot file or if ' +
        'you are using an outdated snapshot format.',
    );
  }
  if (fault.offset < NETWORK_OFFSET) {
    const version = bytes[5]! + 256 * bytes[6]!;
    return failure(`Version of snapshot ${version} does not match any of the supported versions.`);
  }
  const [theirs, ours] = [bytes.subarray(NETWORK_OFFSET, NETWORK_OFFSET + 4), magic].map(networkOf);
  return failure(
    theirs === undefined
      ? 'This snapshot has been created for an unrecognized network. This could be a custom signet, a ' +
          'new testnet or possibly caused by data corruption.'
      : `The network of the snapshot (${theirs}) does not match the network of this node (${ours}).`,
  );
}

function networkOf(magic: Uint8Array): string | undefined {
  const known = Object.values(networks).find((network) =>
    network.magic.every((byte, i) => byte === magic[i]),
  );
  return known?.chain;
}

/** Core's words (`PopulateAndValidateSnapshot`, validation.cpp). */
function coinsFault({ code, size }: DecodeError, count: number): string {
  switch (code) {
    case 'trailing-bytes':
      return `Bad snapshot - coins left over after deserializing ${count} coins`;
    case 'limit-exceeded':
      return 'Mismatch in coins count in snapshot metadata and actual snapshot data';
    case 'invalid-value':
      return `Bad snapshot data after deserializing ${count} coins` +
        (size === undefined ? '' : ' - bad tx out value');
    default:
      return `Bad snapshot format or truncated snapshot after deserializing ${count} coins`;
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
