import { readdirSync } from 'node:fs';
import { dataFile, dataPath, dataText } from './data-directory.ts';

/** A block of the collection. */
export interface BlockFile {
  /** The file's name without its folder and `.bin`: `main-170`, `540107-e5ab806f94ab`, … */
  readonly name: string;
  /** The chain that it is from. */
  readonly network: 'main' | 'testnet3';
  /** Its height on that chain. */
  readonly height: number;
  /** The whole block in its witness serialization. Read from disk at the first access, then kept. */
  readonly bytes: Uint8Array;
  /**
   * The outputs that the block spends, one for every input but the coinbase's, in block order.
   * Undefined where the collection does not have them. Read at each access.
   */
  readonly prevouts: Prevout[] | undefined;
}

/** An output that a block spends. */
export interface Prevout {
  /** Satoshi. */
  readonly value: bigint;
  /** The output script (scriptPubKey). */
  readonly script: Uint8Array;
}

/** A transaction of the collection. */
export interface TxFile {
  /** The file's name without its suffix; the transaction id in hex where the file is named so. */
  readonly name: string;
  /** The transaction in its witness serialization. */
  readonly bytes: Uint8Array;
}

/** The first or last header of a retarget period. */
export interface RetargetHeader {
  readonly height: number;
  /** 80 bytes. */
  readonly header: Uint8Array;
}

/**
 * 80-byte headers back to back, in ascending height. `name` is a file of `headers/`, with or
 * without `.bin` (`mainnet_0-10236`), or a path (`alt-mainnet/alt_mainnet_headers_1-2016.bin`).
 */
export function headersFile(name: string): Uint8Array {
  const path = name.includes('/') ? name : `headers/${name}`;
  return dataFile(withSuffix(path, '.bin'));
}

/** Mainnet's headers at both ends of each of its retarget periods, heights 0 to 832,608. */
export function retargetHeaders(): RetargetHeader[] {
  const bytes = headersFile('mainnet_retarget-pairs');
  const view = viewOf(bytes);
  const headers: RetargetHeader[] = [];
  for (let at = 0; at < bytes.length; at += 84) {
    headers.push({ height: view.getUint32(at, true), header: bytes.subarray(at + 4, at + 84) });
  }
  return headers;
}

/**
 * The blocks of a file in the framing of Core's blk00000.dat: network magic (4 bytes), length
 * (u32, little endian), block. `name` is a path with or without `.blk`
 * (`alt-mainnet/alt_mainnet_1-2016`), or the name of a file of `blocks-early/`.
 */
export function blkFile(name: string): Uint8Array[] {
  const path = name.includes('/') ? name : `blocks-early/${name}`;
  return lengthPrefixed(dataFile(withSuffix(path, '.blk')), 4);
}

/** All single blocks of the collection, main chain first, in ascending height. */
export function blockFiles(): BlockFile[] {
  return [...blocksOf('blocks', 'main'), ...blocksOf('blocks-testnet3', 'testnet3')];
}

/** The block of that name (`main-413567`). Throws if there is none. */
export function blockFile(name: string): BlockFile {
  const file = blockFiles().find((candidate) => candidate.name === name);
  if (file === undefined) throw new Error(`no block named ${name} in ${dataPath('blocks')}`);
  return file;
}

/** The single transactions of the collection: all of them extreme in some way. */
export function txFiles(): TxFile[] {
  return readdirSync(dataPath('txs')).sort().map((file) => ({
    name: file.replace(/\.\w+$/, ''),
    bytes: file.endsWith('.hex') ? fromHex(dataText(`txs/${file}`)) : dataFile(`txs/${file}`),
  }));
}

/** The inputs of a fuzzing corpus: `name` is a file of `corpora/` without `.pack` (`addrv2`). */
export function pack(name: string): Uint8Array[] {
  return lengthPrefixed(dataFile(`corpora/${withSuffix(name, '.pack')}`), 0);
}

/** A JSON file of the collection. The caller states its type; nothing checks it. */
export function jsonFile<T>(relative: string): T {
  return JSON.parse(dataText(relative)) as T;
}

/** A file of one JSON value a line. The caller states the type of a line; nothing checks it. */
export function jsonLines<T>(relative: string): T[] {
  return lines(relative).map((line) => JSON.parse(line) as T);
}

/** A file of hex, one byte string a line. */
export function hexLines(relative: string): Uint8Array[] {
  return lines(relative).map(fromHex);
}

/** Bytes from hex. White space at its ends is ignored; throws on all else that is not hex digits. */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.trim();
  const bytes = Uint8Array.from(Buffer.from(digits, 'hex'));
  if (bytes.length * 2 !== digits.length) throw new Error(`not hex: ${digits.slice(0, 40)}`);
  return bytes;
}

function blocksOf(folder: string, network: BlockFile['network']): BlockFile[] {
  const files = readdirSync(dataPath(folder));
  const blocks = files.filter((file) => file.endsWith('.bin') && !file.includes('.prevouts.'));
  return blocks
    .map((file) => blockOf(folder, file.replace('.bin', ''), network, files))
    .sort((a, b) => a.height - b.height);
}

function blockOf(
  folder: string,
  name: string,
  network: BlockFile['network'],
  files: string[],
): BlockFile {
  const height = /^(?:main-|test3-)?(\d+)/.exec(name)?.[1];
  if (height === undefined) throw new Error(`no height in the name of ${folder}/${name}.bin`);
  const prevouts = `${name}.prevouts.bin`;
  let bytes: Uint8Array | undefined;
  return {
    name,
    network,
    height: Number(height),
    get bytes() {
      return (bytes ??= dataFile(`${folder}/${name}.bin`));
    },
    get prevouts() {
      return files.includes(prevouts) ? parsePrevouts(dataFile(`${folder}/${prevouts}`)) : undefined;
    },
  };
}

/** `[value: i64le][script length: CompactSize][script]`, repeated. */
function parsePrevouts(bytes: Uint8Array): Prevout[] {
  const view = viewOf(bytes);
  const prevouts: Prevout[] = [];
  for (let at = 0; at < bytes.length; ) {
    const value = view.getBigInt64(at, true);
    at += 8;
    const first = view.getUint8(at);
    if (first > 0xfd) throw new Error(`script of more than 65,535 bytes at ${at}`);
    const length = first === 0xfd ? view.getUint16(at + 1, true) : first;
    at += first === 0xfd ? 3 : 1;
    prevouts.push({ value, script: bytes.subarray(at, at + length) });
    at += length;
  }
  return prevouts;
}

/** `skip` bytes, then a u32 little-endian length, then that many bytes; repeated to the end. */
function lengthPrefixed(bytes: Uint8Array, skip: number): Uint8Array[] {
  const view = viewOf(bytes);
  const items: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + skip + 4;
    const end = start + view.getUint32(at + skip, true);
    if (end > bytes.length) throw new Error(`item ${items.length} at ${at} runs past the end`);
    items.push(bytes.subarray(start, end));
    at = end;
  }
  return items;
}

function lines(relative: string): string[] {
  return dataText(relative).split('\n').filter((line) => line.trim() !== '');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function withSuffix(path: string, suffix: string): string {
  return path.endsWith(suffix) ? path : path + suffix;
}
