import type Module from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';

import type { BcoinBackend } from './backend.ts';
import { installBcoin } from './install.ts';

/** A class of bcoin that is read from bytes. */
export interface BcoinDecoder<Decoded> {
  /** Decodes; the argument must come from `Bcoin.buffer`. What is decoded keeps slices of it. */
  fromRaw(bytes: Uint8Array): Decoded;
}

/** bcoin's transaction: mutable, with caches that `refresh` empties. */
export interface BcoinTx {
  readonly inputs: readonly unknown[];
  readonly outputs: readonly unknown[];
  /** The txid, 32 bytes in wire order; cached. */
  hash(): Uint8Array;
  /** The txid, hex in display order. */
  txid(): string;
  /** The wtxid, 32 bytes in wire order; cached. */
  witnessHash(): Uint8Array;
  hasWitness(): boolean;
  /** The bytes, with witness: the very ones it was decoded from, unless refreshed. */
  toRaw(): Uint8Array;
  /** Forgets the cached hashes and bytes. */
  refresh(): void;
}

/** What bcoin's blocks and headers have in common. */
export interface BcoinHeader {
  readonly version: number;
  /** Hex in wire order. */
  readonly prevBlock: string;
  /** Hex in wire order. */
  readonly merkleRoot: string;
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
  /** The block hash, 32 bytes in wire order; cached. */
  hash(): Uint8Array;
  /** The block hash, hex in display order. */
  rhash(): string;
  /** Whether the hash meets the target in `bits`. */
  verifyPOW(): boolean;
  toRaw(): Uint8Array;
}

/** bcoin's block. */
export interface BcoinBlock extends BcoinHeader {
  readonly txs: readonly BcoinTx[];
  /** The root over all txids, 32 bytes in wire order; null if it is mutated (CVE-2012-2459). */
  createMerkleRoot(): Uint8Array | null;
  /** The witness commitment over all wtxids, 32 bytes, BIP 141. */
  createCommitmentHash(): Uint8Array;
  /** All checks that need no chain, with the merkle root. */
  verifyBody(): boolean;
  /** Forgets the cached bytes and hash, with `all` those of the transactions too. */
  refresh(all?: boolean): void;
}

/** A message, decoded. The further fields depend on `cmd`. */
export interface BcoinPacket {
  readonly cmd: string;
  readonly type: number;
  /** The payload. */
  toRaw(): Uint8Array;
}

/** Puts the 24-byte header before payloads. */
export interface BcoinFramer {
  /** The message; the payload must come from `Bcoin.buffer`. `checksum` saves hashing it. */
  packet(command: string, payload: Uint8Array, checksum?: Uint8Array): Uint8Array;
}

/** Splits a stream into messages, checks them, and decodes their payloads (all at once, eagerly). */
export interface BcoinParser {
  /** Takes bytes from the stream, which must come from `Bcoin.buffer`. Events come from within. */
  feed(bytes: Uint8Array): void;
  on(event: 'packet', listener: (packet: BcoinPacket) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
}

/** bcoin's modules, loaded into this process, as far as comparing with them needs. */
export interface Bcoin {
  readonly backend: BcoinBackend;
  /** `'1.0.2'`. */
  readonly version: string;
  readonly Block: BcoinDecoder<BcoinBlock>;
  readonly TX: BcoinDecoder<BcoinTx>;
  /** As in `headers` messages, so with the count of transactions: 81 bytes, not 80. */
  readonly Headers: BcoinDecoder<BcoinHeader>;
  readonly MerkleBlock: BcoinDecoder<BcoinHeader>;
  /** BIP 152's cmpctblock payload, and its making; `witness` for version 2. */
  readonly CompactBlock: BcoinDecoder<BcoinHeader> & {
    fromBlock(block: BcoinBlock, witness: boolean): BcoinHeader;
  };
  readonly Framer: new (network: 'main' | 'regtest') => BcoinFramer;
  readonly Parser: new (network: 'main' | 'regtest') => BcoinParser;
  /** Decoding a payload by its command. */
  readonly packets: { fromRaw(command: string, payload: Uint8Array): BcoinPacket };
  /** The same memory as a Buffer, which is what bcoin wants wherever it takes bytes. */
  buffer(bytes: Uint8Array): Uint8Array;
  /** Any other module, as `require` of bcoin's package.json finds it: `'bsip'`, `'./lib/net/bip152'`. */
  require(id: string): unknown;
}

interface Loader {
  load(directory: string, backend: BcoinBackend): Bcoin;
}

/**
 * Loads bcoin into this process, for comparisons. Takes about half a second; the first call ever
 * installs bcoin (`installBcoin`). All calls in a process share one bcoin.
 *
 * @param backend default `'node'`
 * @throws Error when bcoin cannot be installed, or is loaded with another backend already.
 */
export function loadBcoin(backend: BcoinBackend = 'node'): Bcoin {
  // Node's own loader, even under jest, whose registry would run bcoin in a sandbox, once for each
  // test file, and without the modules that child/load.cjs puts into the cache.
  const { createRequire } = runInThisContext(
    `process.getBuiltinModule('node:module')`,
  ) as typeof Module;
  const require = createRequire(import.meta.url);
  const loader = require(fileURLToPath(new URL('../child/load.cjs', import.meta.url))) as Loader;
  return loader.load(installBcoin(), backend);
}
