import {
  BLOCK_HEADER_SIZE,
  BlockView,
  compactSizeSize,
  MAX_HEADERS_RESULTS,
  strippedBytes,
  Writer,
  type Message,
  type Network,
} from '@btcp2p/wire';
import { nativeSha256d } from '@btcp2p/reactor';

/** Bytes of a header in `headers`: the header, and a count of transactions that is always 0. */
const ENTRY_SIZE = BLOCK_HEADER_SIZE + 1;

/** Most blocks that `getblocks` is answered with (Core net_processing.cpp, GETBLOCKS). */
export const MAX_GETBLOCKS_RESULTS = 500;

/** What a chain is made of. */
export interface ReplayChainOptions {
  readonly network: Network;
  /**
   * 80-byte headers, back to back or each by itself, in ascending height. If left out, those of the
   * blocks, or else the genesis header alone.
   */
  readonly headers?: Uint8Array | readonly Uint8Array[];
  /** Height of the first header, 0 by default. */
  readonly firstHeight?: number;
  /** Whole blocks, witnesses included, in any order, as many or as few as there are. */
  readonly blocks?: readonly Uint8Array[];
}

/**
 * A chain of headers, and blocks to some of them, laid out for serving: answers to `getheaders` are
 * slices of one array. Nothing is checked but that each header follows the one before.
 */
export class ReplayChain {
  readonly firstHeight: number;
  /** Number of headers. */
  readonly size: number;
  /** Headers as in a `headers` message. */
  readonly #entries: Uint8Array;
  /** Hashes of the headers, 32 bytes each. */
  readonly #hashes: Uint8Array;
  /** Position of each hash; -1 for the parent of the first header, unless that is genesis. */
  readonly #positions = new Map<string, number>();
  readonly #blocks = new Map<string, Uint8Array>();
  readonly #startsAtGenesis: boolean;

  /** @throws Error if a header does not follow the one before it, or a size is wrong */
  constructor({ network, headers, firstHeight = 0, blocks = [] }: ReplayChainOptions) {
    const own = blocks.length > 0 ? blocks.map(headerOf) : [network.genesis.headerBytes];
    const list = headers ?? own;
    const bytes = list instanceof Uint8Array ? list : join(list);
    if (bytes.length === 0 || bytes.length % BLOCK_HEADER_SIZE !== 0) {
      throw new Error(`${bytes.length} bytes are not whole headers of ${BLOCK_HEADER_SIZE}`);
    }
    this.firstHeight = firstHeight;
    this.size = bytes.length / BLOCK_HEADER_SIZE;
    this.#entries = new Uint8Array(this.size * ENTRY_SIZE);
    this.#hashes = new Uint8Array(this.size * 32);
    const firstHash = nativeSha256d(bytes.subarray(0, BLOCK_HEADER_SIZE));
    this.#startsAtGenesis = key(firstHash) === key(network.genesisHash);
    for (let i = 0; i < this.size; i++) this.#add(i, bytes);
    for (const block of blocks) this.#blocks.set(key(nativeSha256d(headerOf(block))), block);
  }

  /** Height of the last header. */
  get height(): number {
    return this.firstHeight + this.size - 1;
  }

  /** Hash of the header at a position from 0, 32 bytes in wire order, as a view. */
  hash(position: number): Uint8Array {
    return this.#hashes.subarray(position * 32, position * 32 + 32);
  }

  /** Position of a header by its hash; -1 for the parent of the first, undefined for others. */
  position(hash: Uint8Array): number | undefined {
    return this.#positions.get(key(hash));
  }

  /**
   * The position of the first header after the newest one of a locator that is known. If none is
   * known: the one after genesis, or where the chain does not start there, the first.
   */
  next(locator: readonly Uint8Array[]): number {
    for (const hash of locator) {
      const position = this.position(hash);
      if (position !== undefined) return position + 1;
    }
    return this.#startsAtGenesis ? 1 : 0;
  }

  /**
   * Which headers to answer `getheaders` with: at most 2,000, and none after `hashStop`. Without a
   * locator it is that one alone, or, if that is not known, no answer at all (as in Core).
   */
  getHeaders(
    locator: readonly Uint8Array[],
    hashStop: Uint8Array,
  ): { readonly start: number; readonly count: number } | undefined {
    const stop = this.position(hashStop) ?? -1;
    if (locator.length === 0) return stop < 0 ? undefined : { start: stop, count: 1 };
    const start = this.next(locator);
    const last = stop >= start ? stop : this.size - 1;
    return { start, count: Math.min(last - start + 1, MAX_HEADERS_RESULTS) };
  }

  /** A `headers` message of that many headers from a position on. */
  headers(start: number, count: number): Message {
    const prefix = compactSizeSize(count);
    const bytes = new Uint8Array(prefix + count * ENTRY_SIZE);
    new Writer(bytes).compactSize(count);
    bytes.set(this.#entries.subarray(start * ENTRY_SIZE, (start + count) * ENTRY_SIZE), prefix);
    // As bytes, so that nothing is decoded only to be encoded again.
    return { type: 'unknown', payload: { messageType: 'headers', bytes } };
  }

  /** Hashes to answer `getblocks` with: at most 500, and none from `hashStop` on. */
  getBlocks(locator: readonly Uint8Array[], hashStop: Uint8Array): Uint8Array[] {
    const hashes: Uint8Array[] = [];
    const stop = this.position(hashStop) ?? this.size;
    const end = Math.min(this.size, stop, this.next(locator) + MAX_GETBLOCKS_RESULTS);
    for (let i = this.next(locator); i < end; i++) hashes.push(this.hash(i));
    return hashes;
  }

  /** A `block` message; undefined if there is no such block. */
  block(hash: Uint8Array, withWitness: boolean): Message | undefined {
    const block = this.#blocks.get(key(hash));
    if (block === undefined) return undefined;
    const bytes = withWitness ? block : strippedBlock(block);
    return { type: 'unknown', payload: { messageType: 'block', bytes } };
  }

  #add(position: number, headers: Uint8Array): void {
    const start = position * BLOCK_HEADER_SIZE;
    const header = headers.subarray(start, start + BLOCK_HEADER_SIZE);
    const parent = header.subarray(4, 36);
    if (position === 0) {
      if (!this.#startsAtGenesis) this.#positions.set(key(parent), -1);
    } else if (key(parent) !== key(this.hash(position - 1))) {
      throw new Error(`header ${position} does not follow the one before it`);
    }
    const hash = nativeSha256d(header);
    this.#hashes.set(hash, position * 32);
    this.#positions.set(key(hash), position);
    this.#entries.set(header, position * ENTRY_SIZE);
  }
}

function headerOf(block: Uint8Array): Uint8Array {
  if (block.length < BLOCK_HEADER_SIZE) throw new Error(`a block of ${block.length} bytes`);
  return block.subarray(0, BLOCK_HEADER_SIZE);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A block without witnesses, as nodes from before BIP 144 ask for it. */
function strippedBlock(bytes: Uint8Array): Uint8Array {
  const block = BlockView.of(bytes);
  if (block.strippedSize === block.size) return bytes;
  const count = new Uint8Array(compactSizeSize(block.transactionCount));
  new Writer(count).compactSize(block.transactionCount);
  const parts = [block.headerBytes, count];
  for (let i = 0; i < block.transactionCount; i++) parts.push(strippedBytes(block.transaction(i)));
  return join(parts);
}

/** 32 bytes as the key of a map: one character for each byte. */
function key(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');
}
