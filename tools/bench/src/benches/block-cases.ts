import { BlockView, sha256d } from '@btcp2p/wire';
import type { Case, Contender, Target } from '../bench.ts';
import type { BlockLibrary, DecodedBlock } from '../block-library.ts';
import { digest } from '../digest.ts';
import { nativeSha256d } from '@btcp2p/reactor';
import { digestOfFields } from '../plain-tx.ts';
import { coreBench } from '../rivals/core-bench.ts';
import { atLeast, reaches } from '../target.ts';
import { timed } from '../timed.ts';
import { gigabytesPerSecond, milliseconds } from '../unit.ts';
import { encodeAll, isBlockOk, OURS, plainTx, transactionsOf } from './our-library.ts';

/** Core's benches of a block, and what the report calls them. Both work on block 413567. */
const DESERIALIZE = { name: 'Core DeserializeBlock', core: 'DeserializeBlockTest' };
const CHECK = { name: 'Core DeserializeAndCheckBlock', core: 'DeserializeAndCheckBlockTest' };

/** More than elsewhere: what decides about a target should not be chance. */
const ROUNDS_WITH_TARGETS = 25;

/** What the cases of one block are made of. */
export interface BlockCases {
  /** What stands behind the names of its cases. */
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly libraries: readonly BlockLibrary[];
  /** The path of Core's bench program, if there is one and it works on this very block. */
  readonly coreBinary: string | undefined;
  /** Whether the targets are about this block. */
  readonly hasTargets: boolean;
}

/** All cases of one block, each made when it is its turn. */
export function* blockCases(of: BlockCases): Generator<Case> {
  const kinds = [scan, txids, txidsInJavaScript, fullCheck, decodeToObjects, encodeTransactions];
  for (const kind of kinds) yield kind(of);
}

function scan({ height, bytes, libraries }: BlockCases): Case {
  return {
    name: `scan a block (structure checked), ${height}`,
    unit: gigabytesPerSecond(bytes.length),
    ours: timed({
      name: OURS,
      run: () => BlockView.of(bytes),
      answer: ({ transactionCount, weight }) => `${transactionCount} transactions, weight ${weight}`,
    }),
    rivals: contenders(libraries, bytes, 'facts', (block) => block, (block) => block.facts!()),
    method:
      'from the bytes of a block to something whose structure is known to be right. Ours keeps where ' +
      'each transaction starts and decodes nothing; the rivals have no such view, and decode all ' +
      'transactions into objects.',
  };
}

function txids({ height, bytes, libraries, coreBinary, hasTargets }: BlockCases): Case {
  const targets = [atLeast(8, 'bitcoinjs-lib'), atLeast(1, CHECK.name)];
  return {
    name: `structure checked + all txids, ${height}`,
    unit: milliseconds,
    ours: timed({
      name: OURS,
      run: () => BlockView.of(bytes).txids(nativeSha256d),
      answer: digest,
    }),
    rivals: [
      ...contenders(libraries, bytes, 'txids', (block) => block.txids(), digest),
      ...core(coreBinary, CHECK, DESERIALIZE),
    ],
    method:
      'from the bytes of a block to all its txids. Ours hashes slices with `nativeSha256d` of ' +
      '@btcp2p/reactor (OpenSSL, and WebAssembly vectors for the second hash of each); ' +
      'bitcoinjs-lib and @scure/btc-signer encode each transaction again ' +
      'and hash it with noble, bcoin hashes the bytes that it decoded with node:crypto. Core\'s own ' +
      'bench, in a process of its own, decodes into objects and computes txids and wtxids ' +
      '(`DeserializeBlock`), and then also checks the block (`DeserializeAndCheckBlock`), which ours ' +
      'does not do here.',
    ...withTargets(hasTargets, targets),
  };
}

function txidsInJavaScript({ height, bytes, libraries }: BlockCases): Case {
  return {
    name: `structure checked + all txids, default hash, ${height}`,
    unit: milliseconds,
    ours: timed({ name: OURS, run: () => BlockView.of(bytes).txids(sha256d), answer: digest }),
    rivals: contenders(
      libraries.filter(({ name }) => name !== 'bcoin'), bytes, 'txids',
      (block) => block.txids(), digest,
    ),
    method:
      'the same with the default hash of @btcp2p/wire, noble\'s, against the rivals that hash with ' +
      'noble too: what a browser would see.',
  };
}

function fullCheck({ height, bytes, libraries, coreBinary }: BlockCases): Case {
  return {
    name: `full check, ${height}`,
    unit: milliseconds,
    ours: timed({ name: OURS, run: () => isBlockOk(bytes, nativeSha256d), answer: String }),
    rivals: [
      ...contenders(libraries, bytes, 'check', (block) => block.check!(), String),
      ...core(coreBinary, CHECK),
    ],
    method:
      'from the bytes of a block to whether it is in order by itself: structure, proof of work, ' +
      'txids, merkle root, size, coinbase, the rules of each transaction, legacy signature ' +
      'operations (`checkBlock` of @btcp2p/consensus; `DeserializeAndCheckBlock` of Core; bcoin\'s ' +
      '`verifyPOW` and `verifyBody`). bitcoinjs-lib checks proof of work, merkle root and witness ' +
      'commitment, and no rule of a transaction.',
  };
}

function decodeToObjects({ height, bytes, libraries, hasTargets }: BlockCases): Case {
  return {
    name: `decode to objects, ${height}`,
    unit: milliseconds,
    ours: timed({
      name: OURS,
      run: () => transactionsOf(bytes),
      answer: (transactions) => digestOfFields(transactions.map(plainTx)),
    }),
    rivals: contenders(
      libraries, bytes, 'fields', (block) => block, (block) => digestOfFields(block.fields()),
    ),
    method:
      'from the bytes of a block to an object for each transaction, input and output, without ' +
      'hashing. Ours checks the structure first, and then decodes. Compared are all fields.',
    ...withTargets(hasTargets, [reaches(3, milliseconds)]),
  };
}

function encodeTransactions({ height, bytes, libraries }: BlockCases): Case {
  const transactions = transactionsOf(bytes);
  const decoded = libraries.map((library) => ({ library, block: library.decode(bytes) }));
  return {
    name: `encode all transactions, ${height}`,
    unit: milliseconds,
    ours: timed({ name: OURS, run: () => encodeAll(transactions), answer: digest }),
    rivals: decoded.map(({ library: { name, version }, block }) =>
      timed({ name, version, run: () => block.encode(), answer: digest }),
    ),
    method:
      'from the objects of a block\'s transactions to a byte array for each, witnesses included. ' +
      'bcoin keeps the bytes that it decoded: it is made to forget them first.',
  };
}

/** The libraries that can do what is measured, each decoding the block anew. */
function contenders<T>(
  libraries: readonly BlockLibrary[],
  bytes: Uint8Array,
  needs: keyof DecodedBlock,
  run: (block: DecodedBlock) => T,
  answer: (result: T) => string,
): Contender[] {
  return libraries
    .filter(({ decode }) => decode(bytes)[needs] !== undefined)
    .map(({ name, version, decode }) =>
      timed({ name, version, run: () => run(decode(bytes)), answer }),
    );
}

function core(binary: string | undefined, ...benches: (typeof CHECK)[]): Contender[] {
  if (binary === undefined) return [];
  return benches.map((bench) => coreBench(binary, bench.name, bench.core));
}

function withTargets(hasTargets: boolean, targets: readonly Target[]): Partial<Case> {
  return hasTargets ? { targets, rounds: ROUNDS_WITH_TARGETS } : {};
}
