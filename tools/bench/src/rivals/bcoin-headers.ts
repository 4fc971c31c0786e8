import type { Bcoin, BcoinHeader } from '@btcp2p/bcoin-peer';
import type { Outcome } from '../self-timed.ts';

/** bcoin's entry of a header in its chain. */
interface ChainEntry {
  /** Hex in wire order. */
  readonly hash: string;
  readonly height: number;
  readonly bits: number;
  readonly time: number;
}

/** bcoin's chain, as far as it is used here. */
interface Chain {
  readonly height: number;
  readonly tip: ChainEntry;
  open(): Promise<void>;
  close(): Promise<void>;
  add(header: BcoinHeader, flags: number): Promise<ChainEntry | null>;
  /** The bits after a period with this last and this first header. */
  retarget(last: ChainEntry, first: ChainEntry): number;
}

interface ChainModules {
  readonly Chain: new (options: object) => Chain;
  readonly ChainEntry: { fromBlock(header: BcoinHeader, previous?: ChainEntry): ChainEntry };
  readonly Headers: { fromHead(bytes: Uint8Array): BcoinHeader };
  readonly Network: { get(name: 'main'): object };
}

/** bcoin's flag for a check of the proof of work (`VERIFY_POW`, lib/blockchain/common.js). */
const VERIFY_POW = 1;

/** Blocks of a retarget period. */
const PERIOD = 2_016;

function modules(bcoin: Bcoin): ChainModules {
  return {
    Chain: bcoin.require('./lib/blockchain/chain') as ChainModules['Chain'],
    ChainEntry: bcoin.require('./lib/blockchain/chainentry') as ChainModules['ChainEntry'],
    Headers: bcoin.Headers as unknown as ChainModules['Headers'],
    Network: bcoin.require('./lib/protocol/network') as ChainModules['Network'],
  };
}

/**
 * Adds the headers after genesis to a new chain of bcoin's, in SPV mode and in memory.
 *
 * @param headers 80 bytes each, genesis first
 */
export async function addToBcoinChain(bcoin: Bcoin, headers: Uint8Array): Promise<Outcome> {
  const { Chain, Headers } = modules(bcoin);
  const chain = new Chain({ network: 'main', memory: true, spv: true, checkpoints: false });
  await chain.open();
  try {
    const bytes = bcoin.buffer(headers);
    const start = performance.now();
    for (let at = 80; at < bytes.length; at += 80) {
      const header = Headers.fromHead(bytes.subarray(at, at + 80));
      if ((await chain.add(header, VERIFY_POW)) === null) throw new Error(`refused at ${at / 80}`);
    }
    const seconds = (performance.now() - start) / 1_000;
    return { seconds, answer: `${chain.height} ${chain.tip.hash}` };
  } finally {
    await chain.close();
  }
}

/**
 * The checks that bcoin's chain makes of headers in SPV mode, by its own functions but without its
 * database: link, proof of work, difficulty. They need no chain from genesis on.
 *
 * @param headers 80 bytes each, in order; the first is taken on trust
 * @param periodStart the first header of the period of the first one
 */
export function checkByBcoin(
  bcoin: Bcoin,
  headers: Uint8Array,
  firstHeight: number,
  periodStart: Uint8Array,
): string {
  const { Chain, ChainEntry, Headers, Network } = modules(bcoin);
  // All that this method reads of a chain is its network.
  const chain = Object.create(Chain.prototype, { network: { value: Network.get('main') } }) as Chain;
  const bytes = bcoin.buffer(headers);
  let first = ChainEntry.fromBlock(Headers.fromHead(bcoin.buffer(periodStart)));
  let previous = ChainEntry.fromBlock(Headers.fromHead(bytes.subarray(0, 80)));
  let height = firstHeight;
  for (let at = 80; at < bytes.length; at += 80) {
    const header = Headers.fromHead(bytes.subarray(at, at + 80));
    const isStart = ++height % PERIOD === 0;
    const bits = isStart ? chain.retarget(previous, first) : previous.bits;
    if (header.prevBlock !== previous.hash || !header.verifyPOW() || header.bits !== bits) {
      throw new Error(`refused at ${height}`);
    }
    previous = ChainEntry.fromBlock(header, previous);
    if (isStart) first = previous;
  }
  return `${height} ${previous.hash}`;
}
