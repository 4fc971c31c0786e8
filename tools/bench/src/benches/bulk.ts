import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { nativeSha256d } from '@btcp2p/reactor';
import { RegtestChain, writeBlockFile } from '@btcp2p/regtest';
import { bitcoind } from '@btcp2p/testdata';
import { regtest } from '@btcp2p/wire';
import type { Bench, Case, Contender, LeftOut, Plan } from '../bench.ts';
import { pullBlocks } from '../pull-blocks.ts';
import { serveBlocks, syncBlocks } from '../rivals/bitcoind-sync.ts';
import { coreVersion } from '../rivals/core-version.ts';
import { selfTimed } from '../self-timed.ts';
import { megabytesPerSecond } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Each sample is a process of its own here. */
const ROUNDS = 5;

const COUNT = 200;

/** Bytes of data in each block: with more than 1,000,000 bytes in all it would be too large. */
const PADDING = 999_700;

/** Pulling blocks from a bitcoind. */
export const bulk: Bench = {
  name: 'bulk',
  about:
    `Pulling ${COUNT} blocks of a regtest chain, of 1 MB each, over TCP on loopback from a bitcoind, ` +
    'over the encrypted transport and over v1. Every sample is a fresh process; its time runs from ' +
    'the command to connect until the last block is there.',
  prepare,
};

async function prepare(): Promise<Plan | LeftOut> {
  const binary = bitcoind();
  if (binary === undefined) return { leftOut: 'there is no bitcoind (set BITCOIND)' };
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
  let server: BitcoindPeer;
  let bytes: number;
  try {
    const file = join(directory, 'blocks.blk');
    bytes = writeChain(file);
    server = await serveBlocks(binary, file, COUNT);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const peer = `127.0.0.1:${server.port}`;
  const cases = [true, false].map((v2Transport) => pullCase({ binary, peer, bytes, v2Transport }));
  return { cases, close: () => server.stop() };
}

/** Answers the bytes of all blocks. */
function writeChain(file: string): number {
  const blocks = new RegtestChain(nativeSha256d).mine(COUNT, { padding: PADDING });
  writeBlockFile(file, regtest, blocks.map((block) => block.bytes));
  return blocks.reduce((sum, { size }) => sum + size, 0);
}

interface Pull {
  readonly binary: string;
  readonly peer: string;
  readonly bytes: number;
  readonly v2Transport: boolean;
}

function pullCase(pull: Pull): Case {
  const { bytes, v2Transport } = pull;
  return {
    name: `200 MB of blocks over ${v2Transport ? 'v2' : 'v1'}`,
    unit: megabytesPerSecond(bytes),
    ours: ours(OURS, pull),
    rivals: [core(pull), ...(v2Transport ? [ours('btcp2p v1', { ...pull, v2Transport: false })] : [])],
    method: v2Transport ? `${METHOD} ${METHOD_V2}` : METHOD,
    rounds: ROUNDS,
  };
}

const METHOD =
  'ours is `connect` of @btcp2p/reactor: headers, then blocks, 16 of them asked for at any time. It ' +
  'checks the structure of each and its hash, and drops it. bitcoind checks the blocks and writes ' +
  'them, so that the figures do not compare what is done with a block, but tell what pulling costs ' +
  'of it.';

const METHOD_V2 =
  'The peer encrypts each block in one thread; with 1 MB to send (its `-maxsendbuffer`) it does ' +
  'nothing more until it is asked for the next one, so that its work and that of whoever pulls take ' +
  'turns.';

function ours(name: string, { peer, v2Transport }: Pull): Contender {
  return selfTimed({ name, run: () => pullBlocks({ peer, v2Transport, count: COUNT }) });
}

function core({ binary, peer, v2Transport }: Pull): Contender {
  const version = coreVersion(binary);
  return selfTimed({
    name: 'bitcoind',
    ...(version === undefined ? {} : { version }),
    run: () => syncBlocks(binary, { peer, height: COUNT, v2Transport }),
  });
}
