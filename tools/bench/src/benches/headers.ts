import type { Bcoin } from '@btcp2p/bcoin-peer';
import { consensusParams, HeaderTree } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import { expectedDataDirectory } from '@btcp2p/testdata';
import { mainnet, toHex } from '@btcp2p/wire';
import { Block } from 'bitcoinjs-lib';
import type { Bench, Case, Contender, LeftOut, Plan } from '../bench.ts';
import { anchorOf, hasHeaders, headerRange, type HeaderRange } from '../header-data.ts';
import { addToBcoinChain, checkByBcoin } from '../rivals/bcoin-headers.ts';
import { tryBcoin } from '../rivals/bcoin-library.ts';
import { bitcoinjs } from '../rivals/bitcoinjs.ts';
import { selfTimed } from '../self-timed.ts';
import { reaches } from '../target.ts';
import { timed } from '../timed.ts';
import { perSecond } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Samples take seconds here. */
const ROUNDS = 5;

/** Any time after the headers': none of them is from the future. */
const NOW = 2_000_000_000;

const params = consensusParams(mainnet);

/** Checking headers of mainnet, in this process. */
export const headers: Bench = {
  name: 'headers',
  about:
    'Checking real headers and keeping them, in one process and without a network. Ours is ' +
    '`HeaderTree.add` of @btcp2p/consensus with all of Core\'s checks (proof of work, difficulty, ' +
    'median time past, time, version, link), hashing with `nativeSha256d` of @btcp2p/reactor.',
  prepare,
};

function prepare(): Plan | LeftOut {
  if (!hasHeaders()) {
    return { leftOut: `no real headers in ${expectedDataDirectory()} (set BTCP2P_DATA)` };
  }
  const bcoin = tryBcoin();
  const loaded = typeof bcoin === 'string' ? undefined : bcoin;
  return {
    cases: [longCase(headerRange('long'), loaded), earlyCase(headerRange('early'), loaded)],
    absent: typeof bcoin === 'string' ? [bcoin] : [],
  };
}

function longCase(range: HeaderRange, bcoin: Bcoin | undefined): Case {
  const { bytes, firstHeight } = range;
  const { periodStart } = anchorOf(range);
  const unit = perSecond('headers', range.added);
  return {
    name: `check headers ${range.name}`,
    unit,
    ours: addToTree(range),
    rivals: [
      ...(bcoin === undefined ? [] : [
        timed({
          name: 'bcoin',
          version: bcoin.version,
          run: () => checkByBcoin(bcoin, bytes, firstHeight, periodStart),
          answer: String,
        }),
      ]),
      timed({
        name: bitcoinjs.name,
        version: bitcoinjs.version,
        run: () => checkByBitcoinjs(bytes, firstHeight),
        answer: String,
      }),
    ],
    method:
      'from bytes to a tree that can be asked for any of them. bcoin\'s chain cannot start in the ' +
      'middle, so of bcoin it is the functions that its SPV chain calls (`Headers`, `ChainEntry`, ' +
      '`retarget`): link, proof of work, difficulty, work; it keeps no header. bitcoinjs-lib knows no ' +
      'chain: `Block.fromBuffer`, `checkProofOfWork` and the comparison of the previous hash.',
    targets: [reaches(100_000, unit)],
    rounds: ROUNDS,
  };
}

function earlyCase(range: HeaderRange, bcoin: Bcoin | undefined): Case {
  return {
    name: `check headers ${range.name}, whole chain`,
    unit: perSecond('headers', range.added),
    ours: addToTree(range),
    rivals: bcoin === undefined ? [] : [
      selfTimed({
        name: 'bcoin Chain',
        version: bcoin.version,
        run: () => addToBcoinChain(bcoin, range.bytes),
      }),
    ],
    method:
      'from genesis on, so that bcoin\'s whole `Chain` can do it: SPV mode, in memory, without ' +
      'checkpoints. It checks link, proof of work and difficulty, no times and no versions; its ' +
      'database in memory and its promises are most of its time.',
    rounds: ROUNDS,
  };
}

function addToTree(range: HeaderRange): Contender {
  const anchor = anchorOf(range);
  return timed({
    name: OURS,
    run() {
      const tree = new HeaderTree({ params, anchor, sha256d: nativeSha256d, salt: 1n });
      for (let at = 80; at < range.bytes.length; at += 80) {
        const { status } = tree.add(range.bytes.subarray(at, at + 80), NOW);
        if (status !== 'added') throw new Error(`${status} at ${range.firstHeight + at / 80}`);
      }
      return tree;
    },
    answer: (tree) => `${tree.height(tree.best)} ${toHex(tree.hash(tree.best))}`,
  });
}

function checkByBitcoinjs(bytes: Uint8Array, firstHeight: number): string {
  let previous = Block.fromBuffer(bytes.subarray(0, 80)).getHash();
  let height = firstHeight;
  for (let at = 80; at < bytes.length; at += 80) {
    const header = Block.fromBuffer(bytes.subarray(at, at + 80));
    height++;
    if (!header.checkProofOfWork() || !equal(header.prevHash!, previous)) {
      throw new Error(`refused at ${height}`);
    }
    previous = header.getHash();
  }
  return `${height} ${toHex(previous)}`;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
