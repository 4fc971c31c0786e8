/**
 * What `Sync` costs: headers a second, against `HeaderTree.add` alone, and blocks a second through
 * the download window. Run by hand, with Node 22.6 or later, after `npm run build`:
 * `node --experimental-strip-types packages/sync/bench/sync.ts`.
 */
import { hash } from 'node:crypto';
import { consensusParams, genesisAnchor, HeaderTree, type HeaderEntry } from '@btcp2p/consensus';
import { SeededRng, type PeerId, type Time } from '@btcp2p/machine';
import { Sync } from '../src/index.ts';
import {
  blockHeaderBytes, BlockView, regtest, sha256d, type BlockHeader, type Message, type Sha256d,
} from '@btcp2p/wire';

const native: Sha256d = (bytes) => hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer');
const base = consensusParams(regtest);

interface Chain {
  readonly headers: BlockHeader[];
  readonly blocks: BlockView[];
}

/** Headers with the work of regtest, and blocks of one transaction that says nothing. */
function mine(count: number): Chain {
  const transaction = new Uint8Array(60);
  transaction.set([1, 0, 0, 0, 1]);
  transaction.set([0, 0xff, 0xff, 0xff, 0xff, 1], 41);
  const headers: BlockHeader[] = [];
  const blocks: BlockView[] = [];
  let { header, hash: prevBlockHash } = { header: regtest.genesis.header, hash: regtest.genesisHash };
  for (let i = 0; i < count; i++) {
    header = {
      version: 0x2000_0000, prevBlockHash, merkleRoot: new Uint8Array(32),
      time: header.time + 600, bits: header.bits, nonce: 0,
    };
    const bytes = blockHeaderBytes(header);
    do bytes[76]!++; while ((prevBlockHash = native(bytes))[31]! > 0x7f);
    header = { ...header, nonce: bytes[76]! };
    headers.push(header);
    const block = new Uint8Array(81 + transaction.length);
    block.set(bytes);
    block[80] = 1;
    block.set(transaction, 81);
    blocks.push(BlockView.of(block));
  }
  return { headers, blocks };
}

/** All blocks are stored at once, and connected in order. */
class Store {
  readonly #headers: HeaderTree;
  readonly #has = new Uint8Array(1 << 20);
  #tip: HeaderEntry = 0;
  constructor(headers: HeaderTree) {
    this.#headers = headers;
    this.#has[0] = 1;
  }
  hasBlock(entry: HeaderEntry): boolean {
    return this.#has[entry] === 1;
  }
  tip(): HeaderEntry {
    return this.#tip;
  }
  store(entry: HeaderEntry): void {
    this.#has[entry] = 1;
    // On a single chain, the handles are the heights.
    while (this.#tip + 1 < this.#headers.size && this.#has[this.#tip + 1] === 1) this.#tip++;
  }
}

interface Setup {
  readonly tree: HeaderTree;
  readonly store: Store;
  readonly sync: Sync;
}

function setup(hashing: Sha256d, minimumChainWork = 0n): Setup {
  const tree = new HeaderTree({ params: base, anchor: genesisAnchor(regtest), sha256d: hashing });
  const store = new Store(tree);
  const rng = new SeededRng(1n);
  const options = { params: base, headers: tree, blocks: store, rng, minimumChainWork };
  const sync = new Sync({ ...options, sha256d: hashing });
  return { tree, store, sync };
}

const peer = { connectionType: 'outbound-full-relay', services: 9n, startHeight: 0 } as const;
const MESSAGE = 2_000;

function best(rounds: number, run: () => number): number {
  return Math.min(...Array.from({ length: rounds }, run));
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function benchHeaders({ headers }: Chain, name: string, hashing: Sha256d): void {
  const now: Time = { instant: 0, unix: headers.at(-1)!.time };
  const bytes = headers.map((header) => blockHeaderBytes(header));
  const alone = best(3, () => {
    const { tree } = setup(hashing);
    return timed(() => bytes.forEach((header) => tree.add(header, now.unix)));
  });
  const rates: string[] = [];
  // Once with enough work at once, and once with a presync of the whole chain.
  for (const minimumChainWork of [0n, 2n * BigInt(headers.length)]) {
    const whole = best(3, () => {
      const { sync, tree } = setup(hashing, minimumChainWork);
      sync.addPeer(0 as PeerId, peer, now);
      const time = timed(() => {
        for (const _ of minimumChainWork === 0n ? ['once'] : ['presync', 'redownload']) {
          for (let at = 0; at < headers.length; at += MESSAGE) {
            sync.handleHeaders(0 as PeerId, headers.slice(at, at + MESSAGE), now);
            while (sync.poll() !== undefined);
          }
        }
      });
      if (tree.size !== headers.length + 1) throw new Error(`${tree.size} headers`);
      return time;
    });
    rates.push(`${Math.round(headers.length / whole)}k a second (${(whole / alone).toFixed(2)}x)`);
  }
  const aloneRate = Math.round(headers.length / alone);
  console.log(`${name}: HeaderTree.add ${aloneRate}k a second`);
  console.log(`  Sync ${rates[0]}, with presync ${rates[1]}`);
}

function benchBlocks({ headers, blocks }: Chain, peers: number, reordered: boolean): void {
  const { sync, store } = setup(native);
  const now: Time = { instant: 0, unix: headers.at(-1)!.time };
  const heights = new Map<bigint, number>();
  const keyOf = (bytes: Uint8Array): bigint =>
    new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  const queue: { id: PeerId; entry: number }[] = [];
  const rng = new SeededRng(5n);
  const drain = (): void => {
    for (let effect = sync.poll(); effect !== undefined; effect = sync.poll()) {
      if (effect.type === 'send') enqueue(effect.peer, effect.message);
      if (effect.type !== 'block') continue;
      store.store(effect.entry);
      sync.blockStored(effect.entry, now);
    }
  };
  const enqueue = (id: PeerId, message: Message): void => {
    if (message.type !== 'getdata') return;
    for (const { hash: wanted } of message.payload.inventory) {
      queue.push({ id, entry: heights.get(keyOf(wanted))! });
    }
  };
  for (let i = 0; i < blocks.length; i++) {
    heights.set(keyOf(blocks[i]!.hash(native)), i);
  }
  for (let id = 0; id < peers; id++) sync.addPeer(id as PeerId, peer, now);
  for (let at = 0; at < headers.length; at += MESSAGE) {
    sync.handleHeaders(0 as PeerId, headers.slice(at, at + MESSAGE), now);
    drain();
  }
  for (let id = 1; id < peers; id++) {
    sync.handleHeaders(id as PeerId, headers.slice(-1), now);
    drain();
  }
  const time = timed(() => {
    for (let head = 0; queue.length > head; head++) {
      if (reordered) {
        const other = head + rng.below(Math.min(queue.length - head, 400));
        [queue[head], queue[other]] = [queue[other]!, queue[head]!];
      }
      const { id, entry } = queue[head]!;
      sync.handleBlock(id, blocks[entry]!, now);
      drain();
    }
  });
  if (store.tip() !== blocks.length) throw new Error(`stuck at ${store.tip()}`);
  const each = ((1_000 * time) / blocks.length).toFixed(2);
  const order = reordered ? ', out of order' : '';
  console.log(`${blocks.length} blocks from ${peers} peers${order}: ${each} µs each`);
}

const chain = mine(100_000);
benchHeaders(chain, 'noble', sha256d);
benchHeaders(chain, 'node:crypto', native);
for (const peers of [1, 8, 125]) {
  for (const reordered of [false, true]) benchBlocks(chain, peers, reordered);
}
